import type { Clock } from '../../src/clock.ts'

/** A clock that stands still until it is moved. */
export interface ManualClock extends Clock {
  /** Moves time; sleeps that are over by then resolve. */
  advance(ms: number): void
  /** Resolves once somebody sleeps; with `ms`, once somebody sleeps for exactly so long. */
  untilAsleep(ms?: number): Promise<void>
  /** Whether somebody sleeps; with `ms`, whether somebody sleeps for exactly so long. */
  isAsleep(ms?: number): boolean
}

interface Sleeper {
  ms: number
  wakesAt: number
  wake: () => void
}

/** @param start ms since the epoch */
export function createManualClock(start = Date.UTC(2026, 0, 1)): ManualClock {
  let now = start
  const sleepers = new Set<Sleeper>()
  const watchers = new Set<() => void>()
  const isAsleep = (ms?: number) => [...sleepers].some((sleeper) => ms === undefined || sleeper.ms === ms)
  return {
    now: () => now,
    monotonic: () => now - start,
    sleep: (ms, signal) =>
      new Promise((resolve, reject) => {
        if (signal?.aborted) return reject(signal.reason)
        const abort = () => {
          sleepers.delete(sleeper)
          reject(signal?.reason)
        }
        const wake = () => {
          signal?.removeEventListener('abort', abort)
          resolve()
        }
        const sleeper = { ms, wakesAt: now + ms, wake }
        sleepers.add(sleeper)
        signal?.addEventListener('abort', abort)
        for (const look of watchers) look()
      }),
    advance(ms) {
      now += ms
      for (const sleeper of sleepers) {
        if (sleeper.wakesAt > now) continue
        sleepers.delete(sleeper)
        sleeper.wake()
      }
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
