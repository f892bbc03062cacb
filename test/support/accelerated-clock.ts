import type { Clock } from '../../src/clock.ts'

/** While somebody sleeps the clock looks at the machine's time this often, ms … */
const LOOK_MS = 2
/** … and counts no more than this since the look before, ms. */
const MOST_COUNTED_MS = 3

/**
 * A clock that runs `speed` times as fast as the machine's, from `start` (ms since the epoch): waits of minutes pass in
 * seconds while sockets stay real.
 *
 * While somebody sleeps, it stands still when a busy machine lets this process do nothing, because each such moment would
 * count `speed` times.
 *
 * @param isAlone whether nothing happens outside this process: then the same holds while nobody sleeps @defaultValue false
 */
export function createAcceleratedClock(start: number, speed: number, { isAlone = false } = {}): Clock {
  let seen = performance.now()
  /** How much this process had worked, and when that was looked at. */
  let work = { at: seen, ms: workedMs() }
  let counted = 0
  let looking: NodeJS.Timeout | undefined
  let earliest = Infinity
  const sleepers = new Set<{ until: number; wake: () => void }>()

  const elapsed = () => {
    const now = performance.now()
    let most = sleepers.size > 0 || isAlone ? MOST_COUNTED_MS : Number.POSITIVE_INFINITY
    // While nobody sleeps the clock does not look by itself. Then this process's own work counts besides.
    if (isAlone && sleepers.size === 0 && now - work.at > MOST_COUNTED_MS) {
      const before = work.ms
      work = { at: now, ms: workedMs() }
      most += work.ms - before
    }
    counted += Math.min(now - seen, most)
    seen = now
    return counted * speed
  }

  const lookBefore = (until: number) => {
    if (until >= earliest) return
    earliest = until
    clearTimeout(looking)
    looking = setTimeout(look, Math.min(LOOK_MS, Math.max(0, until / speed - counted)))
  }

  const look = () => {
    const now = elapsed()
    for (const sleeper of sleepers) if (sleeper.until <= now) sleeper.wake()
    earliest = Infinity
    let next = Infinity
    for (const { until } of sleepers) next = Math.min(next, until)
    lookBefore(next)
  }

  return {
    now: () => start + elapsed(),
    monotonic: elapsed,
    sleep: (ms, signal) =>
      new Promise((resolve, reject) => {
        if (signal?.aborted) return reject(signal.reason)
        const leave = () => {
          sleepers.delete(sleeper)
          signal?.removeEventListener('abort', abort)
        }
        const abort = () => {
          leave()
          reject(signal?.reason)
        }
        const wake = () => {
          leave()
          resolve()
        }
        const sleeper = { until: elapsed() + ms, wake }
        sleepers.add(sleeper)
        signal?.addEventListener('abort', abort, { once: true })
        lookBefore(sleeper.until)
      }),
  }
}

/** How much CPU this process has had, ms. */
function workedMs(): number {
  const { user, system } = process.cpuUsage()
  return (user + system) / 1000
}

/** The same clock, but a test can also make it jump. */
export interface SkippingClock extends Clock {
  advance(ms: number): void
}

export function createSkippingClock(start: number, speed: number): SkippingClock {
  const running = createAcceleratedClock(start, speed)
  let skipped = 0
  return {
    now: () => running.now() + skipped,
    monotonic: () => running.monotonic() + skipped,
    sleep: running.sleep,
    advance(ms) {
      skipped += ms
    },
  }
}
