import type { Clock } from '../clock.ts'
import { CodedError, toJobFailure } from '../errors.ts'
import type { AttemptStore } from '../store/attempts/attempts.ts'
import { cancelledEnding } from '../store/attempts/job-end.ts'
import type { LiveJob, LiveJobs } from '../store/attempts/live-jobs.ts'
import type { QueueState, SyncQueue } from './sync-queue.ts'

export interface ReconcilerDependencies {
  liveJobs: LiveJobs
  attempts: AttemptStore
  queue: SyncQueue
  clock: Clock
  onError: (error: unknown) => void
  /** All live jobs have been looked over. */
  onReconciled?: () => void
}

/** How often all jobs are looked over, ms. */
const intervalMs = 10_000

/** Jobs that are looked over at a time, so that their questions travel together. */
const jobsAtATime = 100

/** What to do about a job that a crash has left behind. */
type Remedy = 'enqueue' | 'enqueue-anew' | 'announce-cancel' | 'end-cancelled' | 'end-lost'

/** Looks over all live jobs every 10 s or so, until the signal aborts. */
export async function keepReconciled(dependencies: ReconcilerDependencies, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    try {
      await reconcileJobs(dependencies, signal)
      dependencies.onReconciled?.()
    } catch (error) {
      dependencies.onError(error)
    }
    await dependencies.clock.sleep(intervalMs, signal).catch(() => undefined)
  }
}

/**
 * Repairs what a crash has left between the job records and the queue. Several processes may run it at once. If a job
 * cannot be looked over, this is reported, and the next job follows.
 */
export async function reconcileJobs(dependencies: ReconcilerDependencies, signal: AbortSignal): Promise<void> {
  await dependencies.queue.forgetEnded(dependencies.liveJobs.list)
  const waiting = await dependencies.queue.listWaiting()
  const jobIds = await dependencies.liveJobs.list()
  for (let from = 0; from < jobIds.length; from += jobsAtATime) {
    signal.throwIfAborted()
    const some = jobIds.slice(from, from + jobsAtATime)
    await Promise.all(some.map((jobId) => reconcileJob(dependencies, jobId, waiting).catch(dependencies.onError)))
  }
}

/** @param waiting jobs that have just been in the queue */
async function reconcileJob(
  dependencies: ReconcilerDependencies,
  jobId: number,
  waiting: ReadonlySet<number>,
): Promise<void> {
  const job = await dependencies.liveJobs.lookOver(jobId)
  if (!job || (waiting.has(jobId) && !job.cancelReason)) return
  const remedy = remedyFor(job, await dependencies.queue.stateOf(jobId))
  if (remedy) await apply(dependencies, job, remedy)
}

/** The record was read first. If the job changes between the two reads, the scripts refuse the remedy by the fence. */
function remedyFor(job: LiveJob, queueState: QueueState): Remedy | undefined {
  // The next worker takes an unheld job by itself.
  const forgotten = queueState === 'absent' || queueState === 'failed' || queueState === 'completed'
  if (job.cancelReason) {
    return job.status === 'running' && queueState === 'active' ? 'announce-cancel' : 'end-cancelled'
  }
  if (queueState === 'torn') return 'enqueue-anew'
  if (!forgotten) return undefined
  // The queue then counts the attempts from 1 again. The job's lock still makes the next attempt's number higher than all
  // earlier ones (see `begin`).
  return queueState === 'absent' ? 'enqueue' : 'end-lost'
}

async function apply({ attempts, liveJobs, queue }: ReconcilerDependencies, job: LiveJob, remedy: Remedy) {
  const { jobId, fence } = job
  if (remedy === 'enqueue-anew') await queue.dequeue(jobId)
  if (remedy === 'enqueue' || remedy === 'enqueue-anew') await queue.enqueue(jobId)
  if (remedy === 'announce-cancel') await liveJobs.announceCancel(jobId)
  if (remedy === 'end-cancelled') await attempts.end(jobId, fence, cancelledEnding(job.cancelReason ?? 'requested'))
  if (remedy === 'end-lost') {
    const failure = toJobFailure(new CodedError('attempt_lost'))
    await attempts.end(jobId, fence, { status: 'failed', failure })
  }
}
