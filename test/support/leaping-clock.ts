import type { Clock } from '../../src/clock.ts'
import { createSleepers } from './sleepers.ts'

/** A clock on which waiting costs nothing: when everybody waits, it jumps to the end of the shortest wait. */
export interface LeapingClock extends Clock {
  /** Moves time; sleeps that are over by then resolve. */
  advance(ms: number): void
  /** Some work has begun that does not wait on this clock, e.g. a request on a socket. */
  busy(): void
  /** That work is over. */
  idle(): void
}

/** After so many quiet turns of the event loop nobody is at work: data on a socket takes one or two turns. */
const quietTurns = 12

/** Work on files is no wait either, and on a busy machine it takes many turns: a scroll would die meanwhile. */
const worksOnFiles = (): boolean => process.getActiveResourcesInfo().some((name) => /^(FSReq|CloseReq)/.test(name))

/** @param start ms since the epoch */
export function createLeapingClock(start: number): LeapingClock {
  let now = start
  let underWay = 0
  let news = 0
  let isWatching = false
  const sleepers = createSleepers()

  function advance(ms: number): void {
    now += ms
    news++
    sleepers.wakeUntil(now)
  }

  function watch(quiet = 0, seen = news): void {
    const ends = sleepers.all().map(({ wakesAt }) => wakesAt)
    if (ends.length === 0 || underWay > 0) {
      isWatching = false
      return
    }
    if (quiet >= quietTurns) advance(Math.max(0, Math.min(...ends) - now))
    setImmediate(() => watch(seen === news && !worksOnFiles() ? quiet + 1 : 0, news))
  }

  function startWatching(): void {
    news++
    if (isWatching) return
    isWatching = true
    setImmediate(watch)
  }

  return {
    now: () => now,
    monotonic: () => now - start,
    advance,
    busy() {
      underWay++
    },
    idle() {
      underWay--
      startWatching()
    },
    sleep(ms, signal) {
      const sleep = sleepers.sleep(ms, now + ms, signal)
      startWatching()
      return sleep
    },
  }
}
