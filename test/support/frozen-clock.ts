import type { Clock } from '../../src/clock.ts'

/** A clock that stands still until it is set. What sleeps on it sleeps until it is aborted. */
export interface FrozenClock extends Clock {
  /** Ms since the epoch; never back. */
  set(time: number): void
}

export function createFrozenClock(start: number): FrozenClock {
  let time = start
  return {
    now: () => time,
    monotonic: () => time - start,
    sleep: (_ms, signal) =>
      new Promise((_resolve, reject) => {
        if (signal?.aborted) return reject(signal.reason)
        signal?.addEventListener('abort', () => reject(signal.reason))
      }),
    set(next) {
      time = next
    },
  }
}
