import type { Clock } from '../../src/clock.ts'
import { createSleepers } from './sleepers.ts'

/**
 * A clock for work that only waits on this clock: as soon as all of it waits, the clock jumps to the end of the next
 * wait.
 */
export interface EventClock extends Clock {
  /** Moves time while nobody waits. */
  advance(ms: number): void
}

/** No history lasts so long. Whoever still waits then waits for something that never comes. */
const longestMs = 400 * 86_400_000

/**
 * Sleepers wake one by one, ordered by their times and then by their arrival, so the same work runs in the same order
 * on every machine.
 *
 * @param start ms since the epoch
 */
export function createEventClock(start: number): EventClock {
  let now = start
  let isDue = false
  const sleepers = createSleepers()

  function leap(): void {
    isDue = false
    const [first] = sleepers.all().toSorted((one, other) => one.wakesAt - other.wakesAt)
    if (first === undefined) return
    if (first.wakesAt - start > longestMs) throw new Error('a history without an end')
    now = Math.max(now, first.wakesAt)
    first.wake()
    watch()
  }

  function watch(): void {
    if (isDue || sleepers.all().length === 0) return
    isDue = true
    // By then all woken work has run as far as it can.
    setImmediate(leap)
  }

  return {
    now: () => now,
    monotonic: () => now - start,
    advance(ms) {
      now += ms
    },
    sleep(ms, signal) {
      const sleep = sleepers.sleep(ms, now + ms, signal)
      watch()
      return sleep
    },
  }
}
