import type { Clock } from '../../src/clock.ts'
import { createSleepers } from './sleepers.ts'

/** A clock that stands still until it is moved. */
export interface ManualClock extends Clock {
  /** Moves time; sleeps that are over by then resolve. */
  advance(ms: number): void
  /** Resolves once somebody sleeps; with `ms`, once somebody sleeps for exactly so long. */
  untilAsleep(ms?: number): Promise<void>
  /** Whether somebody sleeps; with `ms`, whether somebody sleeps for exactly so long. */
  isAsleep(ms?: number): boolean
}

/** @param start ms since the epoch */
export function createManualClock(start = Date.UTC(2026, 0, 1)): ManualClock {
  let now = start
  const sleepers = createSleepers()
  const watchers = new Set<() => void>()
  const isAsleep = (ms?: number) => sleepers.all().some((sleeper) => ms === undefined || sleeper.ms === ms)
  return {
    now: () => now,
    monotonic: () => now - start,
    sleep(ms, signal) {
      const sleep = sleepers.sleep(ms, now + ms, signal)
      for (const look of watchers) look()
      return sleep
    },
    advance(ms) {
      now += ms
      sleepers.wakeUntil(now)
    },
    isAsleep,
    untilAsleep: (ms) =>
      new Promise((resolve) => {
        const look = () => {
          if (!isAsleep(ms)) return
          watchers.delete(look)
          resolve()
        }
        watchers.add(look)
        look()
      }),
  }
}
