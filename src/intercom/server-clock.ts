import type { Clock } from '../clock.ts'

/**
 * Intercom's time, as far as its `Date` headers tell. All cursors and windows are reckoned in it, so a wrong clock on
 * our side does no harm. What it says is never later than the truth (as long as both clocks tick alike): a header is
 * cut to the second and older than its arrival, so each one gives a lower bound, and the best of the last few counts.
 */
export interface ServerClock {
  /** Takes in the `Date` header of an answer that has just arrived. */
  learn(dateHeader: string | undefined): void
  /** Ms since the epoch, at most the true time; undefined before the first answer. */
  nowMs(): number | undefined
}

const SAMPLES_KEPT = 32

export function createServerClock(clock: Clock): ServerClock {
  const offsets: number[] = []
  return {
    learn(dateHeader) {
      const dateMs = Date.parse(dateHeader ?? '')
      if (Number.isNaN(dateMs)) return
      offsets.push(dateMs - clock.monotonic())
      if (offsets.length > SAMPLES_KEPT) offsets.shift()
    },
    nowMs: () => (offsets.length === 0 ? undefined : clock.monotonic() + Math.max(...offsets)),
  }
}
