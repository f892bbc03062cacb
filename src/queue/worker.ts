import { Worker } from 'bullmq'
import { forbidsInfo } from '../redis/redis.ts'
import type { StoreClient } from '../store/keys.ts'
import { restText, type StopCause } from './attempt-stop.ts'
import type { SyncProcessor } from './processor.ts'
import { queueJobId, type SyncJobData, syncQueueName } from './sync-queue.ts'

/** How fast a dead worker is noticed, ms. */
export interface LockTiming {
  /** How long a worker keeps a job without renewal. @defaultValue 10000 */
  lockMs: number
  /** @defaultValue 3000 */
  renewMs: number
  /** How often jobs without a lock are looked for. @defaultValue 1000 */
  stalledCheckMs: number
}

const defaultLockTiming: LockTiming = { lockMs: 10_000, renewMs: 3000, stalledCheckMs: 1000 }

export interface SyncWorker {
  /** Stops a job's attempt if this process has it. */
  stop(jobId: number, cause: StopCause): void
  /** Lets a job of this process give its slot back; it wants none for that long. */
  rest(jobId: number, restMs: number): void
  /** Takes no more jobs, stops every attempt so that other workers continue, and waits until all have been released. */
  handOver(): Promise<void>
}

export interface SyncWorkerOptions {
  redis: StoreClient
  processor: SyncProcessor
  concurrency: number
  timing?: LockTiming
  onError: (error: Error) => void
}

export function startSyncWorker({ redis, processor, concurrency, timing, onError }: SyncWorkerOptions): SyncWorker {
  const { lockMs, renewMs, stalledCheckMs } = timing ?? defaultLockTiming
  let handingOver = false
  // Declares three parameters, see createProcessor().
  const process: SyncProcessor = (job, token, signal) => {
    // BullMQ still begins a job that it was fetching when the worker was paused.
    if (handingOver) stop(queueJobId(job.data.jobId), 'shutdown')
    return processor(job, token, signal)
  }
  const worker = new Worker<SyncJobData, void, 'sync'>(syncQueueName, process, {
    connection: redis,
    prefix: redis.keyspace.queuePrefix,
    skipVersionCheck: forbidsInfo(redis),
    concurrency,
    lockDuration: lockMs,
    lockRenewTime: renewMs,
    stalledInterval: stalledCheckMs,
    // BullMQ would give a job up after a few crashes, even if the job got further each time. Our own limit counts only
    // crashes without progress.
    maxStalledCount: 1_000_000_000,
  })
  const stop = (id: string, cause: StopCause) => worker.cancelJob(id, cause)
  worker.on('error', onError)
  // BullMQ does not stop an attempt whose lock has gone to another worker.
  worker.on('lockRenewalFailed', (ids) => {
    for (const id of ids) stop(id, 'lock-lost')
  })
  return {
    stop: (jobId, cause) => stop(queueJobId(jobId), cause),
    rest: (jobId, restMs) => void worker.cancelJob(queueJobId(jobId), restText(restMs)),
    async handOver() {
      handingOver = true
      await worker.pause(true)
      worker.cancelAllJobs('shutdown' satisfies StopCause)
      await worker.close()
    },
  }
}
