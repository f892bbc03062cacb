const windowSeconds = 10

/** How many requests a token has left in its window. */
export interface RateLimitState {
  exceeded: boolean
  headers: Record<string, string>
}

interface Window {
  /** Unix second at which the window ends. */
  ends: number
  used: number
}

/** Intercom's limit: so many requests per token in each window of ten seconds. Windows begin at round seconds. */
export class RateLimit {
  readonly perWindow: number
  readonly #windows = new Map<string, Window>()

  constructor(perWindow: number) {
    this.perWindow = perWindow
  }

  /** Counts one request. @param now ms since the epoch */
  take(token: string, now: number): RateLimitState {
    const ends = (Math.floor(now / 1000 / windowSeconds) + 1) * windowSeconds
    let window = this.#windows.get(token)
    if (window?.ends !== ends) {
      window = { ends, used: 0 }
      this.#windows.set(token, window)
    }
    window.used++
    return {
      exceeded: window.used > this.perWindow,
      headers: {
        'X-RateLimit-Limit': String(this.perWindow),
        'X-RateLimit-Remaining': String(Math.max(0, this.perWindow - window.used)),
        'X-RateLimit-Reset': String(ends),
      },
    }
  }
}
