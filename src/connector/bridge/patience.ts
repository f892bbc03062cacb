import type { Clock } from '../../clock.ts'

/** How long failures in a row are tolerated, and how requests are spaced meanwhile. */
export interface Patience {
  /**
   * Waits until it is time to try again.
   *
   * @throws `error` when the failures have lasted too long; the signal's reason
   */
  afterFailure(error: unknown): Promise<void>
  /** The service has answered, but without a result so far. */
  reached(): void
  /** Work continues: earlier failures no longer count. */
  restore(): void
}

const firstDelayMs = 100
const longestDelayMs = 5000
/** We wait long for a job that is silent because its API is replaced again and again. */
const fruitlessLimitMs = 5 * 60_000

/** @param options.limitMs how long the service may be unreachable, from the first failure in a row to the last try */
export function createPatience(options: {
  clock: Clock
  random: () => number
  signal: AbortSignal
  limitMs: number
}): Patience {
  const { clock, random, signal, limitMs } = options
  let awaySince: number | undefined
  let fruitlessSince: number | undefined
  let failures = 0
  return {
    async afterFailure(error) {
      const now = clock.monotonic()
      awaySince ??= now
      fruitlessSince ??= now
      const delay = Math.min(longestDelayMs, firstDelayMs * 2 ** failures++) * (0.5 + random() / 2)
      if (now + delay > Math.min(awaySince + limitMs, fruitlessSince + fruitlessLimitMs)) throw error
      await clock.sleep(delay, signal)
    },
    reached() {
      awaySince = undefined
    },
    restore() {
      awaySince = undefined
      fruitlessSince = undefined
      failures = 0
    },
  }
}
