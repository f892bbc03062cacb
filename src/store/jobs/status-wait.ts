import type { Clock } from '../../clock.ts'
import { CodedError } from '../../errors.ts'
import { hasEnded, type Job } from '../job.ts'
import type { WakeUps } from '../log/wake-ups.ts'

interface StatusWaitDependencies {
  clock: Clock
  wakeUps: WakeUps
  read: () => Promise<Job>
}

/**
 * The job at its next change of status, or as it is after `timeoutMs`; at once when it has ended.
 *
 * @throws CodedError `store_unavailable` when Redis goes away meanwhile; the signal's reason when it aborts
 */
export async function waitForChange(
  { clock, wakeUps, read }: StatusWaitDependencies,
  jobId: number,
  timeoutMs: number,
  signal: AbortSignal,
): Promise<Job> {
  const wait = new AbortController()
  let lost = false
  let knownStatus: string | undefined
  const changedTo = new Set<string>()
  const stop = () => wait.abort()
  // Listening starts before the first look, so that a change between the two is not missed.
  const unlisten = wakeUps.listen(jobId, (wakeUp) => {
    if (wakeUp.kind === 'changed' && wakeUp.status !== undefined) changedTo.add(wakeUp.status)
    lost ||= wakeUp.kind === 'lost'
    const unsure = wakeUp.kind === 'changed' && wakeUp.status === undefined
    if (knownStatus !== undefined && (lost || unsure || hasOther(changedTo, knownStatus))) stop()
  })
  signal.addEventListener('abort', stop, { once: true })
  // It may have aborted before anybody listened.
  if (signal.aborted) stop()
  try {
    const job = await read()
    knownStatus = job.status
    if (hasEnded(job)) return job
    if (!lost && !hasOther(changedTo, knownStatus)) await sleepUntilStopped(clock, timeoutMs, wait.signal)
    signal.throwIfAborted()
    if (lost) throw new CodedError('store_unavailable')
    return await read()
  } finally {
    unlisten()
    signal.removeEventListener('abort', stop)
  }
}

function hasOther(statuses: Set<string>, known: string): boolean {
  return statuses.size > (statuses.has(known) ? 1 : 0)
}

async function sleepUntilStopped(clock: Clock, ms: number, signal: AbortSignal): Promise<void> {
  try {
    await clock.sleep(ms, signal)
  } catch {
    // Stopped early: the caller checks why.
  }
}
