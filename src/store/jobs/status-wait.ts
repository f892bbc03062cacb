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
  const hints = collectHints(wakeUps, jobId)
  const stop = () => hints.wake()
  signal.addEventListener('abort', stop, { once: true })
  // It may have aborted before anybody listened.
  if (signal.aborted) stop()
  try {
    // Listening started before this look, so that a change after it is not missed.
    const known = await read()
    if (hasEnded(known)) return known
    for (const deadline = clock.monotonic() + timeoutMs; ; ) {
      const remainingMs = deadline - clock.monotonic()
      if (remainingMs > 0 && !signal.aborted) await hints.untilOther(known.status, clock, remainingMs)
      signal.throwIfAborted()
      if (hints.isLost()) throw new CodedError('store_unavailable')
      const job = await read()
      // A hint may be about another service's job with this id: Pub/Sub knows no databases.
      if (hasChanged(known, job) || clock.monotonic() >= deadline) return job
    }
  } finally {
    hints.stop()
    signal.removeEventListener('abort', stop)
  }
}

/** An attempt that has failed and been followed by another between two looks has changed the status twice. */
function hasChanged(known: Job, job: Job): boolean {
  return job.status !== known.status || job.attempts !== known.attempts
}

/** The statuses that wake-ups tell of a job. They are kept until they are asked for. */
function collectHints(wakeUps: WakeUps, jobId: number) {
  let lost = false
  let told = new Set<string | undefined>()
  let waiting: { known: string; controller: AbortController } | undefined
  const isDue = (known: string) => lost || [...told].some((status) => status !== known)
  const stop = wakeUps.listen(jobId, (wakeUp) => {
    if (wakeUp.kind === 'lost') lost = true
    else told.add(wakeUp.status)
    if (waiting && isDue(waiting.known)) waiting.controller.abort()
  })
  return {
    stop,
    isLost: () => lost,
    wake: () => waiting?.controller.abort(),
    /** Resolves once a status other than the known one, or an unknown one, has been told, or after `ms`. */
    async untilOther(known: string, clock: Clock, ms: number): Promise<void> {
      waiting = { known, controller: new AbortController() }
      // Woken early: the caller looks why.
      if (!isDue(known)) await clock.sleep(ms, waiting.controller.signal).catch(() => undefined)
      waiting = undefined
      told = new Set()
    },
  }
}
