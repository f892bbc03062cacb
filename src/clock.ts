/** Time as a dependency: nothing in `sync`, `intercom` or `store` asks the machine for it, so tests run hours in no time. */
export interface Clock {
  /** Wall clock, ms since the epoch. Only for showing times; never for comparing with Intercom's. */
  now(): number
  /** Ms from an arbitrary start, never going back. For durations and waits. */
  monotonic(): number
  /** Resolves after `ms`; rejects with the signal's reason as soon as it aborts. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>
}

/** The machine's own clock. */
export const systemClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  sleep: (ms, signal) =>
    new Promise((resolve, reject) => {
      if (signal?.aborted) return reject(signal.reason)
      const abort = () => {
        clearTimeout(timer)
        reject(signal?.reason)
      }
      const timer = setTimeout(() => {
        signal?.removeEventListener('abort', abort)
        resolve()
      }, ms)
      signal?.addEventListener('abort', abort, { once: true })
    }),
}
