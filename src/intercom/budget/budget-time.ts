import type { Clock } from '../../clock.ts'

/** Intercom's time as far as a budget knows it, ms. */
export interface BudgetTime {
  /** Learns from an answer that has just come. */
  learn(serverNowMs: number): void
  /** @param known the time at which the usage last changed: other members may know more. @defaultValue none */
  now(known?: number): number
  /** A time of the monotonic clock, on Intercom's clock. */
  atIntercom(monotonicMs: number): number
}

/** Until an answer names Intercom's time, this counts from its own start, or from the time that other members knew. */
export function createBudgetTime(clock: Clock): BudgetTime {
  let offset = -clock.monotonic()
  let isLearnt = false
  return {
    learn(serverNowMs) {
      offset = serverNowMs - clock.monotonic()
      isLearnt = true
    },
    now(known = 0) {
      if (!isLearnt && known > clock.monotonic() + offset) offset = known - clock.monotonic()
      return clock.monotonic() + offset
    },
    atIntercom: (monotonicMs) => monotonicMs + offset,
  }
}
