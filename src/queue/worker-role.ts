import { type Attempt, createAttemptStore } from '../store/attempts/attempts.ts'
import type { JobEndDependencies } from '../store/attempts/job-end.ts'
import { createConnectionStore } from '../store/connections/redis-connections.ts'
import { createJob } from '../store/jobs/start-job.ts'
import type { StoreClient } from '../store/keys.ts'
import { readWholeLog } from '../store/log/redis-message-log.ts'
import type { SegmentMover } from '../store/segments/segment-mover.ts'
import type { SegmentReader } from '../store/segments/segment-reading.ts'
import { announceWorker, withdrawWorker } from '../store/workers/worker-presence.ts'
import type { AttemptDependencies } from './attempt.ts'
import { listenForCancels } from './cancellation.ts'
import { type DueRoleOptions, startDueRole } from './due/due-role.ts'
import type { HandleDueDependencies } from './due/handle-due.ts'
import { createProcessor } from './processor.ts'
import { type ReconcilerRoleOptions, startReconcilerRole } from './reconciler-role.ts'
import { createSyncQueue, type SyncQueue } from './sync-queue.ts'
import { keepSlots } from './turns/slot-keeper.ts'
import { createSlots } from './turns/slots.ts'
import { unwatched, watchAttempt } from './watch/attempt-watch.ts'
import type { JobLog } from './watch/job-log.ts'
import { type DeliveryRole, type DeliveryRoleOptions, startDeliveryRole } from './webhooks/delivery-role.ts'
import { type LockTiming, startSyncWorker } from './worker.ts'

export interface WorkerRoleOptions
  extends Omit<JobEndDependencies, 'redis'>,
    Pick<HandleDueDependencies, 'onDue'>,
    Pick<AttemptDependencies, 'startSync' | 'createId' | 'reportError' | 'observe' | 'onSignInNeeded'>,
    Pick<ReconcilerRoleOptions, 'onReconciled'> {
  /** Waits for ever. */
  redis: StoreClient
  /** Used for nothing else. */
  subscriber: StoreClient
  concurrency: number
  logLimitBytes: number
  /** @defaultValue logs stay in Redis */
  segmentMover?: SegmentMover
  segmentReader?: SegmentReader
  timing?: LockTiming
  /** Is told what jobs are doing; their readers see it then, too. @defaultValue jobs are not watched */
  jobLog?: JobLog
  /** How webhooks are told. @defaultValue this process tells none */
  delivery?: Omit<DeliveryRoleOptions, 'redis' | 'keys' | 'clock' | 'createId' | 'onError'>
  /** Gets errors outside attempts. */
  onError: (error: unknown) => void
}

/** A process that works on jobs. */
export interface WorkerRole {
  /** Lets other workers continue every job of this one; resolves when all have been released. */
  handOver(): Promise<void>
}

export function startWorkerRole(given: WorkerRoleOptions): WorkerRole {
  const { redis, subscriber, onError, timing, clock, jobLog: log, concurrency } = given
  const queue = createSyncQueue(redis, onError)
  const due = startDueRole(dueOptions(given, queue))
  const deliveries: DeliveryRole | undefined = given.delivery && startDeliveryRole({ ...given, ...given.delivery })
  const options: WorkerRoleOptions = {
    ...given,
    onJobEnded(end) {
      given.onJobEnded?.(end)
      due.ended(end)
      if (end.connectionId !== undefined) deliveries?.announced()
    },
  }
  const attempts = createAttemptStore(options)
  const slots = createSlots(clock)
  const visible = (attempt: Attempt) => (log ? watchAttempt({ attempts, clock, log }, attempt) : unwatched)
  const worker = startSyncWorker({
    redis,
    processor: createProcessor({
      ...options,
      keyspace: redis.keyspace,
      queue,
      attempts,
      replayLog: (jobId) => readWholeLog(options, jobId),
      watchAttempt: (attempt) => slots.watched(visible(attempt), attempt),
    }),
    concurrency,
    onError,
    ...(timing && { timing }),
  })
  listenForCancels({ redis, subscriber, onError }, (jobId) => worker.stop(jobId, 'cancelled'))
  const closing = new AbortController()
  const announcing = keepAnnounced(redis, options, closing.signal)
  const keeping = keepSlots({ queue, worker, slots, concurrency, clock, onError }, closing.signal)
  const reconciler = startReconcilerRole(options)
  return {
    async handOver() {
      closing.abort()
      await worker.handOver()
      await Promise.all([reconciler.end(), due.end(), deliveries?.end(), announcing, keeping])
      await queue.close()
    },
  }
}

/** Jobs of schedules are made as those of callers are. */
function dueOptions(options: WorkerRoleOptions, { enqueue, isHeld }: SyncQueue): DueRoleOptions {
  const starting = { ...options, enqueue, isHeld, readerLeaseMs: 0 }
  return {
    ...options,
    jobs: { create: (newJob) => createJob(starting, newJob) },
    connections: createConnectionStore(options),
  }
}

/** How often a worker reports that it is alive, ms. */
const announceMs = 10_000

/**
 * Reports that this worker is alive, until the signal aborts. If there is no worker, callers see that their jobs wait
 * for one.
 */
async function keepAnnounced(
  redis: StoreClient,
  { clock, createId, onError }: Pick<WorkerRoleOptions, 'clock' | 'createId' | 'onError'>,
  signal: AbortSignal,
): Promise<void> {
  const workerId = createId()
  while (!signal.aborted) {
    await announceWorker(redis, workerId).catch(onError)
    await clock.sleep(announceMs, signal).catch(() => undefined)
  }
  await withdrawWorker(redis, workerId).catch(onError)
}
