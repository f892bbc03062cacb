import { DelayedError, type Job } from 'bullmq'
import { systemClock } from '../clock.ts'
import { failpoint } from '../failpoints.ts'
import type { Keyspace } from '../store/keys.ts'
import { type AttemptDependencies, runAttempt } from './attempt.ts'
import { unobserved } from './attempt-observer.ts'
import { AttemptStop } from './attempt-stop.ts'
import { lockKey, type SyncJobData, type SyncQueue } from './sync-queue.ts'

interface ProcessorDependencies extends AttemptDependencies {
  keyspace: Keyspace
  queue: Pick<SyncQueue, 'admit' | 'finished'>
}

/** Processes an entry of the queue, which `token` has locked, until the signal aborts with an `AttemptStop` or a `Rest`. */
export type SyncProcessor = (job: Job<SyncJobData>, token: string, signal: AbortSignal) => Promise<void>

/** The function that BullMQ calls for each job. */
export function createProcessor(dependencies: ProcessorDependencies): SyncProcessor {
  const { keyspace, queue, onError, observe = unobserved } = dependencies
  return async (job, token, signal) => {
    const { jobId } = job.data
    const identity = {
      jobId,
      // Grows with every start, a stalled job's too, and never falls: BullMQ's own fence.
      fence: job.attemptsStarted,
      attemptId: dependencies.createId(),
      lock: { key: lockKey(keyspace, jobId), token },
    }
    observe.started()
    // The slot is taken, so BullMQ's queue has room for the next job.
    void queue.admit().catch(onError)
    const result = await runAttempt(dependencies, identity, signal).catch((error: unknown) => {
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
