import type { Redis } from 'ioredis'
import { createAttemptStore } from '../store/attempts.ts'
import type { JobEndDependencies } from '../store/job-end.ts'
import { createLiveJobs } from '../store/live-jobs.ts'
import { readWholeLog } from '../store/redis-message-log.ts'
import type { AttemptDependencies } from './attempt.ts'
import { listenForCancels } from './cancellation.ts'
import { createProcessor } from './processor.ts'
import { keepReconciled, type ReconcilerDependencies } from './reconciler.ts'
import { createSyncQueue } from './sync-queue.ts'
import { type LockTiming, startSyncWorker } from './worker.ts'

export interface WorkerRoleOptions
  extends Omit<JobEndDependencies, 'redis'>,
    Pick<AttemptDependencies, 'startSync' | 'createId' | 'reportError' | 'observe'>,
    Pick<ReconcilerDependencies, 'onReconciled'> {
  /** Waits for ever. */
  redis: Redis
  /** Used for nothing else. */
  subscriber: Redis
  concurrency: number
  logLimitBytes: number
  timing?: LockTiming
  /** Told of errors that no attempt is to blame for. */
  onError: (error: unknown) => void
}

/** A process that works on jobs. */
export interface WorkerRole {
  /** Lets other workers go on with every job of this one; resolves when all have been let go. */
  handOver(): Promise<void>
}

export function startWorkerRole(options: WorkerRoleOptions): WorkerRole {
  const { redis, subscriber, onError, timing } = options
  const attempts = createAttemptStore(options)
  const queue = createSyncQueue(redis, onError)
  const worker = startSyncWorker({
    redis,
    processor: createProcessor({ ...options, attempts, replayLog: (jobId) => readWholeLog(options, jobId) }),
    concurrency: options.concurrency,
    onError,
    ...(timing && { timing }),
  })
  listenForCancels(subscriber, (jobId) => worker.stop(jobId, 'cancelled'))
  const closing = new AbortController()
  const liveJobs = createLiveJobs(options)
  const reconciling = keepReconciled({ ...options, liveJobs, attempts, queue }, closing.signal)
  return {
    async handOver() {
      closing.abort()
      await worker.handOver()
      await reconciling
      await queue.close()
    },
  }
}
