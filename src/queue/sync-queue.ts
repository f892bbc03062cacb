import { type JobState, Queue } from 'bullmq'
import { failpoint } from '../failpoints.ts'
import { forbidsInfo } from '../redis/redis.ts'
import { storeAnswer } from '../store/availability.ts'
import type { Keyspace, StoreClient } from '../store/keys.ts'
import { createTurns, type QueueEntry, type Turns } from './turns/turns.ts'

/** Everything that BullMQ keeps about a job. Secret or large data has keys of its own. */
export interface SyncJobData {
  jobId: number
}

export const syncQueueName = 'sync'

/**
 * The job's place in the queue: `absent` when BullMQ does not know it, `torn` when it knows it and has it nowhere,
 * `unheld` when it is active but has no lock.
 */
export type QueueState = JobState | 'absent' | 'torn' | 'unheld'

export interface SyncQueue {
  /** Adding a job twice has the same effect as adding it once. It waits for its turn. */
  enqueue(jobId: number): Promise<void>
  /** Hands out the jobs whose turn has come, if there are any. */
  admit(): Promise<void>
  /** Notes which tokens are at their limit, and tells who waits for a worker. */
  look: Turns['look']
  /** The job has ended: its tenant has one less under way, and the next one may come. */
  finished(jobId: number): Promise<void>
  /** @param liveJobs reads the jobs that have not ended; all others are no longer under way */
  forgetEnded(liveJobs: () => Promise<readonly number[]>): Promise<void>
  /** Removes an entry that no worker has: of a job that was cancelled while it waited, or that BullMQ gave up. */
  dequeue(jobId: number): Promise<void>
  /** BullMQ looks through all waiting jobs for it, so ask only about a job that `listWaiting` does not name. */
  stateOf(jobId: number): Promise<QueueState>
  /** The jobs that wait for a worker, except some that come or go meanwhile. */
  listWaiting(): Promise<Set<number>>
  /** Whether a worker has the job at this moment. A worker that died loses it when its lock runs out. */
  isHeld(jobId: number): Promise<boolean>
  /** How many jobs are in each of the states that last. */
  count(): Promise<Record<(typeof countedStates)[number], number>>
  close(): Promise<void>
}

const countedStates = ['waiting', 'active', 'delayed', 'failed'] as const

/** BullMQ refuses ids that are integers. */
const idPrefix = 'job-'

function queueJobId(jobId: number): string {
  return idPrefix + jobId
}

/** BullMQ's lock on a job: it holds the token of the worker that has the job. */
export function lockKey({ queuePrefix }: Keyspace, jobId: number): string {
  return `${queuePrefix}:${syncQueueName}:${queueJobId(jobId)}:lock`
}

/**
 * BullMQ's own record of a job. A script that Redis stops in the middle, for a right that the user has lost, leaves it
 * behind; adding the job again then changes nothing.
 */
function entryKey({ queuePrefix }: Keyspace, jobId: number): string {
  return `${queuePrefix}:${syncQueueName}:${queueJobId(jobId)}`
}

/**
 * BullMQ's attempts and backoff are for errors that the processor does not handle itself, such as a Redis that refuses
 * writes for a while. Attempts without progress are counted by the script that begins an attempt; their limit is in
 * `sync/attempt/retry-policy.ts`.
 */
const jobOptions = {
  attempts: 1_000_000,
  backoff: { type: 'fixed', delay: 10_000 },
  removeOnComplete: true,
  removeOnFail: { age: 24 * 3600, count: 1000 },
}

/** So many names of waiting jobs are read at a time; Redis takes about 0.2 ms for them. */
const waitingPerRead = 1000

const numberOf = (name: string) => Number(name.slice(idPrefix.length))

/** New jobs come at the front of the list, so what moves while it is read moves towards what is still to be read. */
async function listWaiting(redis: StoreClient): Promise<Set<number>> {
  const waiting = new Set<number>()
  const key = `${queueKey(redis)}:wait`
  for (let from = 0; ; from += waitingPerRead) {
    const names = await storeAnswer(redis.lrange(key, from, from + waitingPerRead - 1))
    for (const name of names) waiting.add(numberOf(name))
    if (names.length < waitingPerRead) break
  }
  for (const name of await storeAnswer(redis.zrange(`${queueKey(redis)}:prioritized`, '0', '-1')))
    waiting.add(numberOf(name))
  return waiting
}

function queueKey({ keyspace }: StoreClient): string {
  return `${keyspace.queuePrefix}:${syncQueueName}`
}

export function createSyncQueue(redis: StoreClient, onError: (error: Error) => void): SyncQueue {
  const queue = new Queue<SyncJobData, void, 'sync'>(syncQueueName, {
    connection: redis,
    prefix: redis.keyspace.queuePrefix,
    skipVersionCheck: forbidsInfo(redis),
    defaultJobOptions: jobOptions,
    streams: { events: { maxLen: 1000 } },
  })
  queue.on('error', onError)
  const turns = createTurns(redis, queueKey(redis), idPrefix)
  const add = async (admitted: readonly QueueEntry[]) => {
    const entries = admitted.map(({ jobId, priority }) => ({
      name: 'sync' as const,
      data: { jobId },
      opts: { jobId: queueJobId(jobId), priority },
    }))
    if (entries.length > 0) await failpoint('queueAdd', () => queue.addBulk(entries))
  }
  const isHeld = async (jobId: number) => (await redis.exists(lockKey(redis.keyspace, jobId))) === 1
  return {
    async enqueue(jobId) {
      const [tenant, token] = await storeAnswer(redis.hmget(redis.keyspace.job(jobId, 'record'), 'tenant', 'token'))
      await add(await turns.join(jobId, { tenant: tenant ?? '', token: token ?? '' }))
    },
    admit: async () => add(await turns.admit()),
    look: turns.look,
    async finished(jobId) {
      await turns.leave(jobId)
      await add(await turns.admit())
    },
    async forgetEnded(liveJobs) {
      const underWay = await turns.listUnderWay()
      const live = new Set(await liveJobs())
      for (const jobId of underWay) if (!live.has(jobId)) await turns.leave(jobId)
    },
    async dequeue(jobId) {
      await turns.leave(jobId)
      await failpoint('queueRemove', () => queue.remove(queueJobId(jobId)))
    },
    async stateOf(jobId) {
      const state = await queue.getJobState(queueJobId(jobId))
      if (state === 'active' && !(await isHeld(jobId))) return 'unheld'
      if (state !== 'unknown') return state
      if ((await redis.exists(entryKey(redis.keyspace, jobId))) === 0) return 'absent'
      // Somebody may have queued it since the first question.
      const now = await queue.getJobState(queueJobId(jobId))
      return now === 'unknown' ? 'torn' : now
    },
    async listWaiting() {
      const pending = await turns.listPending()
      return new Set([...pending, ...(await listWaiting(redis))])
    },
    isHeld,
    async count() {
      const [pending, counts] = await Promise.all([turns.count(), queue.getJobCounts(...countedStates, 'prioritized')])
      const { waiting = 0, prioritized = 0, active = 0, delayed = 0, failed = 0 } = counts
      return { waiting: waiting + prioritized + pending, active, delayed, failed }
    },
    close: () => queue.close(),
  }
}
