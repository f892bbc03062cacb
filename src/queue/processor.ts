import { DelayedError, type Job, UnrecoverableError } from 'bullmq'
import Type from 'typebox'
import { systemClock } from '../clock.ts'
import { failpoint } from '../failpoints.ts'
import type { Keyspace } from '../store/keys.ts'
import { isValid } from '../stored/stored-data.ts'
import { type AttemptDependencies, runAttempt } from './attempt.ts'
import { unobserved } from './attempt-observer.ts'
import { AttemptStop, stopSignal } from './attempt-stop.ts'
import { lockKey, type SyncJobData, type SyncQueue } from './sync-queue.ts'

interface ProcessorDependencies extends AttemptDependencies {
  keyspace: Keyspace
  queue: Pick<SyncQueue, 'admit' | 'finished'>
}

const QueueJob = Type.Object({ jobId: Type.Integer({ minimum: 1 }) })

export type SyncProcessor = (
  job: Job<SyncJobData>,
  token: string | undefined,
  signal: AbortSignal | undefined,
) => Promise<void>

/** An entry that names no job can never be processed, so BullMQ keeps it among the failed ones. */
function readQueueJob(data: unknown): SyncJobData {
  if (isValid(QueueJob, data)) return data
  throw new UnrecoverableError('the entry of the queue names no job')
}

/**
 * The function that BullMQ calls for each job. It makes a signal only if the function declares exactly three
 * parameters.
 */
export function createProcessor(dependencies: ProcessorDependencies): SyncProcessor {
  const { keyspace, queue, onError, observe = unobserved } = dependencies
  return async (job, token, signal) => {
    const { jobId } = readQueueJob(job.data)
    const identity = {
      jobId,
      // Grows with every start, a stalled job's too, and never falls: BullMQ's own fence.
      fence: job.attemptsStarted,
      attemptId: dependencies.createId(),
      ...(token !== undefined && { lock: { key: lockKey(keyspace, jobId), token } }),
    }
    observe.started()
    // The slot is taken, so BullMQ's queue has room for the next job.
    void queue.admit().catch(onError)
    const result = await runAttempt(dependencies, identity, stopSignal(signal)).catch((error: unknown) => {
      observe.ended(error instanceof AttemptStop ? 'lock_lost' : 'broken')
      throw error
    })
    observe.ended(result.outcome)
    if (result.kind === 'over') return queue.finished(jobId).catch(onError)
    // BullMQ does not count a job that is handed back like this as a failed attempt. Limits and delays are ours.
    // BullMQ goes by the machine's clock, whatever clock we use.
    await failpoint('queueDelay', () => job.moveToDelayed(systemClock.now() + result.delayMs, token))
    throw new DelayedError()
  }
}
