import { type Job, type Processor, UnrecoverableError, Worker } from 'bullmq'
import Type from 'typebox'
import { forbidsInfo } from '../redis/redis.ts'
import type { StoreClient } from '../store/keys.ts'
import { isValid } from '../stored/stored-data.ts'
import { Rest } from '../sync/contract/rest.ts'
import { AttemptStop, type StopCause } from './attempt-stop.ts'
import type { SyncProcessor } from './processor.ts'
import { createRunningAttempts } from './running-attempts.ts'
import { type SyncJobData, syncQueueName } from './sync-queue.ts'

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

interface SyncWorker {
  /** Stops a job's attempt if this process has it. */
  stop(jobId: number, cause: StopCause): void
  /** Lets a job of this process give its slot back; it wants none for that long. */
  rest(jobId: number, restMs: number): void
  /** Takes no more jobs, stops every attempt so that other workers continue, and waits until all have been released. */
  handOver(): Promise<void>
}

interface SyncWorkerOptions {
  redis: StoreClient
  processor: SyncProcessor
  concurrency: number
  timing?: LockTiming
  onError: (error: unknown) => void
}

export function startSyncWorker({ redis, processor, concurrency, timing, onError }: SyncWorkerOptions): SyncWorker {
  const { lockMs, renewMs, stalledCheckMs } = timing ?? defaultLockTiming
  const attempts = createRunningAttempts({ lockMs, renewMs }, onError)
  let handingOver = false
  const process: Processor<SyncJobData, void, 'sync'> = (entry, token = '') => {
    const jobId = readJobId(entry)
    return attempts.run(jobId, entry, token, (signal) => {
      // BullMQ still begins a job that it was fetching when the worker was paused.
      if (handingOver) attempts.stop(jobId, new AttemptStop('shutdown'))
      return processor(entry, token, signal)
    })
  }
  const worker = new Worker<SyncJobData, void, 'sync'>(syncQueueName, process, {
    connection: redis,
    prefix: redis.keyspace.queuePrefix,
    skipVersionCheck: forbidsInfo(redis),
    concurrency,
    lockDuration: lockMs,
    // The running attempts do that.
    skipLockRenewal: true,
    stalledInterval: stalledCheckMs,
    // BullMQ would give a job up after a few crashes, even if the job got further each time. Our own limit counts only
    // crashes without progress.
    maxStalledCount: 1_000_000_000,
  })
  worker.on('error', onError)
  return {
    stop: (jobId, cause) => attempts.stop(jobId, new AttemptStop(cause)),
    rest: (jobId, restMs) => attempts.stop(jobId, new Rest(Math.max(0, Math.ceil(restMs)))),
    async handOver() {
      handingOver = true
      await worker.pause(true)
      attempts.stopAll(new AttemptStop('shutdown'))
      await worker.close()
    },
  }
}

const SyncEntry = Type.Object({ jobId: Type.Integer({ minimum: 1 }) })

/** An entry that names no job can never be processed, so BullMQ keeps it among the failed ones. */
function readJobId({ data }: Job<SyncJobData>): number {
  if (isValid(SyncEntry, data)) return data.jobId
  throw new UnrecoverableError('the entry of the queue names no job')
}
