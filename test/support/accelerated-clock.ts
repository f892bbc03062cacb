import type { Clock } from '../../src/clock.ts'

/**
 * A clock that runs `speed` times as fast as the machine's, from `start` (ms since the epoch): waits of minutes pass in
 * seconds while sockets stay real.
 */
export function createAcceleratedClock(start: number, speed: number): Clock {
  const began = performance.now()
  const elapsed = () => (performance.now() - began) * speed
  return {
    now: () => start + elapsed(),
    monotonic: elapsed,
    sleep: (ms, signal) =>
      new Promise((resolve, reject) => {
        if (signal?.aborted) return reject(signal.reason)
        const abort = () => {
          clearTimeout(timer)
          reject(signal?.reason)
        }
        const done = () => {
          signal?.removeEventListener('abort', abort)
          resolve()
        }
        const timer = setTimeout(done, ms / speed)
        signal?.addEventListener('abort', abort, { once: true })
      }),
  }
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
