import type { Clock } from '../../clock.ts'
import { errorTable } from '../../error-table.ts'
import { CodedError } from '../../errors.ts'
import { createRateLimitPatience, RateLimitedError } from '../budget/rate-limited.ts'
import { isBarePageError } from './failures.ts'

/** Tries of one request before the attempt at the job fails. The next attempt continues from the job's position. */
const TRIES = 5
const FIRST_DELAY_MS = 500
const LONGEST_DELAY_MS = 30_000

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
  const isLimitedTooLong = createRateLimitPatience(clock)
  for (let failedTries = 0; ; ) {
    try {
      return await tryOnce()
    } catch (error) {
      signal.throwIfAborted()
      if (!(error instanceof CodedError) || !errorTable[error.code].retryable) throw error
      // Thousands of archived companies may answer like this. The caller checks whether the company itself is gone.
      if (isBarePageError(error)) throw error
      if (error instanceof RateLimitedError) {
        // A 429 says nothing about the request itself, so it uses up no try. The budget waits for the time that the 429
        // names.
        if (isLimitedTooLong()) throw error
        continue
      }
      failedTries++
      if (failedTries >= tries) throw error
      await clock.sleep(random() * Math.min(FIRST_DELAY_MS * 2 ** failedTries, LONGEST_DELAY_MS), signal)
    }
  }
}
