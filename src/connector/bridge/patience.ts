import type { Clock } from '../../clock.ts'

/** How long failures in a row are put up with, and how requests are spaced meanwhile. */
export interface Patience {
  /**
   * Waits until it is time to try again.
   *
   * @throws `error` when it has lasted too long; the signal's reason
   */
  afterFailure(error: unknown): Promise<void>
  /** Things go on: what failed before no longer counts. */
  restore(): void
}

const firstDelayMs = 100
const longestDelayMs = 5000

/** @param options.limitMs from the first failure in a row to the last try */
export function createPatience(options: {
  clock: Clock
  random: () => number
  signal: AbortSignal
  limitMs: number
}): Patience {
  const { clock, random, signal, limitMs } = options
  let since: number | undefined
  let failures = 0
  return {
    async afterFailure(error) {
      since ??= clock.monotonic()
      const delay = Math.min(longestDelayMs, firstDelayMs * 2 ** failures++) * (0.5 + random() / 2)
      if (clock.monotonic() + delay - since > limitMs) throw error
      await clock.sleep(delay, signal)
    },
    restore() {
      since = undefined
      failures = 0
    },
  }
}
