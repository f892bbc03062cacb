import type { Clock } from '../../clock.ts'
import { errorTable } from '../../error-table.ts'
import { CodedError } from '../../errors.ts'
import { isBarePageError } from './failures.ts'

/** Tries of one request before the attempt at the job fails; the next attempt goes on from the job's position. */
const TRIES = 5
/** A 429 says nothing about the request itself: it costs no try, and only a limit that lasts this long gives up. */
const RATE_LIMIT_PATIENCE_MS = 10 * 60_000
const FIRST_DELAY_MS = 500
const LONGEST_DELAY_MS = 30_000

/** Intercom's rate limit refused a request. The budget knows how long to wait. */
export class RateLimitedError extends CodedError {
  constructor(message: string) {
    super('intercom_unavailable', message)
    this.name = 'RateLimitedError'
  }
}

/**
 * Repeats `tryOnce` while it fails in a way that may pass, with exponential delays and full jitter.
 *
 * @param options.tries tries before giving up @defaultValue 5
 */
export async function retry<Result>(
  tryOnce: () => Promise<Result>,
  options: { clock: Clock; random: () => number; signal: AbortSignal; tries?: number },
): Promise<Result> {
  const { clock, random, signal, tries = TRIES } = options
  let firstRefusal: number | undefined
  for (let failedTries = 0; ; ) {
    try {
      return await tryOnce()
    } catch (error) {
      signal.throwIfAborted()
      if (!(error instanceof CodedError) || !errorTable[error.code].retryable) throw error
      // Thousands of archived companies may answer so: whoever asked looks whether the company itself is gone.
      if (isBarePageError(error)) throw error
      if (error instanceof RateLimitedError) {
        // Waiting for a turn before that is no sign of a limit that lasts.
        firstRefusal ??= clock.monotonic()
        if (clock.monotonic() - firstRefusal > RATE_LIMIT_PATIENCE_MS) throw error
        continue
      }
      failedTries++
      if (failedTries >= tries) throw error
      await clock.sleep(random() * Math.min(FIRST_DELAY_MS * 2 ** failedTries, LONGEST_DELAY_MS), signal)
    }
  }
}
