/** Somebody who waits on a clock of a test. */
interface Sleeper {
  ms: number
  /** Ms of the clock. */
  wakesAt: number
  wake(): void
}

/** Those who wait on a clock of a test: the clock says when they wake. */
interface Sleepers {
  /** In the order in which they came. */
  all(): readonly Sleeper[]
  /** Resolves when it is woken; rejects with the signal's reason as soon as it aborts. */
  sleep(ms: number, wakesAt: number, signal?: AbortSignal): Promise<void>
  /** Wakes all whose time has come. */
  wakeUntil(now: number): void
}

export function createSleepers(): Sleepers {
  const sleeping = new Set<Sleeper>()
  return {
    all: () => [...sleeping],
    sleep: (ms, wakesAt, signal) =>
      new Promise((resolve, reject) => {
        if (signal?.aborted) return reject(signal.reason)
        const abort = () => {
          sleeping.delete(sleeper)
          reject(signal?.reason)
        }
        const wake = () => {
          sleeping.delete(sleeper)
          signal?.removeEventListener('abort', abort)
          resolve()
        }
        const sleeper = { ms, wakesAt, wake }
        sleeping.add(sleeper)
        signal?.addEventListener('abort', abort, { once: true })
      }),
    wakeUntil(now) {
      for (const sleeper of sleeping) if (sleeper.wakesAt <= now) sleeper.wake()
    },
  }
}
