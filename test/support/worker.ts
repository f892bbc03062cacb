import { randomUUID } from 'node:crypto'
import { type AttemptObserver, unobserved } from '../../src/queue/attempt-observer.ts'
import { createSyncQueue, type SyncQueue } from '../../src/queue/sync-queue.ts'
import type { JobLog } from '../../src/queue/watch/job-log.ts'
import type { LockTiming } from '../../src/queue/worker.ts'
import { startWorkerRole, type WorkerRole } from '../../src/queue/worker-role.ts'
import type { Attempt } from '../../src/store/attempts/attempts.ts'
import { hasEnded, type Job } from '../../src/store/job.ts'
import type { Commit, Position, SyncOutcome } from '../../src/sync/contract/commit.ts'
import type { StartSync } from '../../src/sync/engine.ts'
import { createDeferred } from './deferred.ts'
import type { RedisAccess } from './redis.ts'
import { commitOf, openStore, type TestStore, tenant } from './store.ts'

/** Jobs are watched, and nobody is told of it. */
export const silentLog: JobLog = { started: () => undefined, progress: () => undefined, asked: () => undefined }

/** A busy machine costs no worker its jobs. Dead workers are noticed after ten seconds. */
export const steadyLocks: LockTiming = { lockMs: 10_000, renewMs: 1000, stalledCheckMs: 300 }

/** Dead workers are noticed in about a second. */
export const fastLocks: LockTiming = { lockMs: 900, renewMs: 300, stalledCheckMs: 300 }

export const done = (status: 'COMPLETE' | 'INCOMPLETE' = 'COMPLETE'): SyncOutcome => ({
  streams: [{ streamName: 'contacts', status, rowsSynced: 0 }],
})

/**
 * A sync of numbered records, five to a commit, which continues from the position; `beforeCommit` may delay it or
 * throw.
 */
export function countingSync(
  commits: number,
  beforeCommit: (number: number, signal: AbortSignal) => Promise<void> | void = () => undefined,
): StartSync {
  return async function* count(_request, { position, signal }): AsyncGenerator<Commit, SyncOutcome, void> {
    for (let number = nextOf(position); number < commits; number++) {
      await beforeCommit(number, signal)
      signal.throwIfAborted()
      yield numberedCommit(number, number === commits - 1)
    }
    return done()
  }
}

const recordsPerCommit = 5

function numberedCommit(number: number, last: boolean): Commit {
  const streams = [
    { streamName: 'contacts', status: last ? ('COMPLETE' as const) : ('RUNNING' as const), rowsSynced: 0 },
  ]
  return { ...commitOf(number * recordsPerCommit, recordsPerCommit, streams), position: { next: number + 1 } }
}

function nextOf(position: Position | undefined): number {
  return Number(position?.next ?? 0)
}

/** The whole log of a `countingSync` that succeeded. */
export function countedLog(commits: number): string {
  return Array.from({ length: commits }, (_, number) => numberedCommit(number, false).body.toString()).join('')
}

/** Never resolves; rejects with the signal's reason. */
export function untilAborted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    if (signal.aborted) reject(signal.reason)
    signal.addEventListener('abort', () => reject(signal.reason), { once: true })
  })
}

export interface ReportedError {
  error: unknown
  attempt: Attempt
}

export interface TestService extends TestStore {
  queue: SyncQueue
  /** Errors that failed attempts. */
  reported: ReportedError[]
  /** Errors of Redis and the queue, outside of attempts or waited out by them. */
  errors: unknown[]
  /** @param timing the default is `steadyLocks` @param concurrency the default is 5 */
  startWorker(
    startSync: StartSync,
    timing?: LockTiming,
    observe?: AttemptObserver,
    jobLog?: JobLog,
    concurrency?: number,
  ): WorkerRole
}

/** Store and queue on a test Redis; workers are started by the test and stopped when it ends. */
export function openService(
  server: RedisAccess,
  teardown: (callback: () => unknown) => unknown,
  options: Parameters<typeof openStore>[1] = {},
): TestService {
  const queue = createSyncQueue(server.connect(), () => undefined)
  const store = openStore(server, { ...options, enqueue: queue.enqueue })
  const reported: ReportedError[] = []
  const errors: unknown[] = []
  return {
    ...store,
    queue,
    reported,
    errors,
    startWorker(startSync, timing = steadyLocks, observe = unobserved, jobLog = undefined, concurrency = 5) {
      const role = startWorkerRole({
        ...store,
        redis: server.connect(),
        subscriber: server.connect('subscriber'),
        concurrency,
        logLimitBytes: options.logLimitBytes ?? 64 * 1024 * 1024,
        timing,
        startSync,
        observe,
        ...(jobLog && { jobLog }),
        createId: randomUUID,
        reportError: (error, attempt) => reported.push({ error, attempt }),
        onError: (error) => errors.push(error),
      })
      teardown(() => role.handOver())
      return role
    },
  }
}

/** The job once it has ended. */
export function untilEnded(store: TestStore, jobId: number): Promise<Job> {
  return untilJob(store, jobId, hasEnded)
}

/** Resolves once the log holds at least so many messages. */
export async function untilLogHolds(store: TestStore, jobId: number, messages: number): Promise<void> {
  await untilJob(store, jobId, (job) => job.messageCount >= messages)
}

/** Waits until the job is as wanted; checks it at every wake-up, also after Redis was away. */
async function untilJob(store: TestStore, jobId: number, wanted: (job: Job) => boolean): Promise<Job> {
  const found = createDeferred<Job>()
  const look = async () => {
    const job = await store.jobs.read(tenant, jobId)
    if (wanted(job)) found.resolve(job)
  }
  const stop = store.messages.subscribe(jobId, (event) => event === 'changed' && void look())
  await look()
  return found.promise.finally(stop)
}

export async function wholeLog(store: TestStore, jobId: number, pageBytes = 1e6): Promise<string> {
  const parts: Buffer[] = []
  for (let after = 0; ; ) {
    const page = await store.messages.read(jobId, after, pageBytes)
    if (page.messageCount === 0) return Buffer.concat(parts).toString()
    parts.push(page.body)
    after += page.messageCount
  }
}
