import type { Clock } from '../../src/clock.ts'

/** A clock that stands still until it is moved. */
export interface ManualClock extends Clock {
  /** Moves the time on and ends the sleeps that are over by then. */
  advance(ms: number): void
  /** Resolves once somebody sleeps. */
  sleeping(): Promise<void>
}

/** @param start ms since the epoch */
export function createManualClock(start: number): ManualClock {
  let time = start
  const sleepers = new Set<{ until: number; wake: () => void }>()
  let noticed = (): void => undefined
  return {
    now: () => time,
    monotonic: () => time - start,
    sleep: (ms, signal) =>
      new Promise((resolve, reject) => {
        const sleeper = { until: time + ms, wake: resolve }
        sleepers.add(sleeper)
        signal?.addEventListener('abort', () => {
          sleepers.delete(sleeper)
          reject(signal.reason)
        })
        noticed()
      }),
    advance: (ms) => {
      time += ms
      for (const sleeper of sleepers) {
        if (sleeper.until > time) continue
        sleepers.delete(sleeper)
        sleeper.wake()
      }
    },
    sleeping: () =>
      new Promise((resolve) => {
        noticed = resolve
        if (sleepers.size > 0) resolve()
      }),
  }
}
