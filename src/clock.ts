/** Time as a dependency. `sync`, `intercom` and `store` never ask the machine, so tests run hours in no time. */
export interface Clock {
  /** Wall clock, ms since the epoch. Only for showing times; never compare it with Intercom's. */
  now(): number
  /** Ms from an arbitrary start; never decreases. For durations and waits. */
  monotonic(): number
  /** Resolves after `ms`; rejects with the signal's reason as soon as it aborts. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>
}

/** A timer for longer than this would fire at once, ms. */
const LONGEST_TIMER_MS = 2 ** 31 - 1

/** The machine's own clock. */
export const systemClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  sleep: (ms, signal) =>
    new Promise((resolve, reject) => {
      if (signal?.aborted) return reject(signal.reason)
      let timer: NodeJS.Timeout | undefined
      const abort = () => {
        clearTimeout(timer)
        reject(signal?.reason)
      }
      const wait = (restMs: number) => {
        timer = setTimeout(
          () => {
            if (restMs > LONGEST_TIMER_MS) return wait(restMs - LONGEST_TIMER_MS)
            signal?.removeEventListener('abort', abort)
            resolve()
          },
          Math.min(restMs, LONGEST_TIMER_MS),
        )
      }
      wait(ms)
      signal?.addEventListener('abort', abort, { once: true })
    }),
}
