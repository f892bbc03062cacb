import type { Outcome } from './outcome.ts'

/** How many requests are in flight, and how many may be. */
export interface Concurrency {
  isFull(): boolean
  /** Whether no request is in flight. */
  isIdle(): boolean
  /** A request is sent. Call the returned function once, when the request has ended. */
  begin(): (kind: Outcome['kind']) => void
  /** Resolves when the next request has ended. @throws the signal's reason when it aborts */
  untilEnd(signal: AbortSignal): Promise<void>
}

const FIRST_LIMIT = 4

/**
 * Additive increase, multiplicative decrease. When as many requests have succeeded as may be in flight, one more may
 * be; after a failure only half as many.
 *
 * @param most the largest number of requests in flight
 */
export function createConcurrency(most: number): Concurrency {
  let limit = Math.min(FIRST_LIMIT, most)
  let inFlight = 0
  let successes = 0
  const waiters = new Set<() => void>()

  function adapt(kind: Outcome['kind']): void {
    if (kind === 'given_up') return
    if (kind !== 'answered') {
      successes = 0
      limit = Math.max(1, Math.floor(limit / 2))
    } else if (++successes >= limit && limit < most) {
      limit++
      successes = 0
    }
  }

  return {
    isFull: () => inFlight >= limit,
    isIdle: () => inFlight === 0,
    begin() {
      inFlight++
      return (kind) => {
        inFlight--
        adapt(kind)
        for (const wake of waiters) wake()
      }
    },
    untilEnd: (signal) =>
      new Promise((resolve, reject) => {
        const stop = () => {
          waiters.delete(wake)
          signal.removeEventListener('abort', abort)
        }
        const wake = () => {
          stop()
          resolve()
        }
        const abort = () => {
          stop()
          reject(signal.reason)
        }
        waiters.add(wake)
        signal.addEventListener('abort', abort, { once: true })
      }),
  }
}
