import type { Clock } from '../clock.ts'

/** What Intercom's rate limit still allows one access token in this 10-second window. */
export interface Budget {
  /** Resolves when one request may be sent. The turn must be ended, whatever came of it. */
  take(signal: AbortSignal): Promise<Turn>
  /** Until when (ms of the injected clock's `now`) requests have to wait; undefined while none has to. */
  waitingUntil(): number | undefined
}

/** Leave to send one request. */
export interface Turn {
  end(outcome: Outcome): void
}

/** What an answer says of the rate limit. `msToReset` counts from its arrival, on Intercom's clock. */
export interface Outcome {
  kind: 'answered' | 'rate_limited' | 'failed'
  limit?: number
  remaining?: number
  msToReset?: number
  /** From a `Retry-After` header. */
  retryAfterMs?: number
}

/** How much of Intercom's rate limit is taken. */
export interface BudgetOptions {
  clock: Clock
  /** Spreads waiters over the start of a window. */
  random: () => number
  /** Share of the window left to others while others are seen spending. @defaultValue 0.05 */
  reserve?: number
  /** Our own ceiling, whatever Intercom allows: a sixth of it, at least 1, in each window of 10 s. @defaultValue none */
  requestsPerMinute?: number
  /** Requests in flight at most. @defaultValue 10 */
  maxConcurrency?: number
}

/** Intercom spreads its limits over windows of 10 s and reports them per window. */
const WINDOW_MS = 10_000
const LONGEST_WAIT_MS = 60_000
const SPREAD_MS = 50
const FIRST_CONCURRENCY = 4

interface Window {
  limit: number
  /** What Intercom last said is left, less what we have sent since. */
  remaining: number
  /** Ms of the monotonic clock. */
  endsAt: number
  sent: number
}

/** A budget in this process's memory; one per access token and process. */
export function createBudget(options: BudgetOptions): Budget {
  const { clock, random } = options
  const reserve = options.reserve ?? 0.05
  const ceiling = options.requestsPerMinute && Math.max(1, Math.floor(options.requestsPerMinute / 6))
  const maxConcurrency = options.maxConcurrency ?? 10
  let concurrency = Math.min(FIRST_CONCURRENCY, maxConcurrency)
  let inFlight = 0
  let successes = 0
  let blockedUntil = 0
  let window: Window | undefined
  const waiters: (() => void)[] = []

  /** The window we are in; a new one starts full, and is believed until an answer says otherwise. */
  function currentWindow(now: number): Window | undefined {
    if (window && now < window.endsAt) return window
    if (!window && ceiling === undefined) return undefined
    const limit = window?.limit ?? Infinity
    window = { limit, remaining: limit, endsAt: now + WINDOW_MS, sent: 0 }
    return window
  }

  /** Ms until the next request may go; 0 = now. */
  function waitMs(): number {
    const now = clock.monotonic()
    if (now < blockedUntil) return blockedUntil - now
    const current = currentWindow(now)
    if (!current) return 0
    // Others spend when more is gone than we sent; only then is a share left to them.
    const othersSpend = current.limit - current.remaining > current.sent + maxConcurrency
    const kept = othersSpend ? Math.floor(current.limit * reserve) : 0
    const exhausted = current.remaining <= kept || (ceiling !== undefined && current.sent >= ceiling)
    return exhausted ? current.endsAt - now : 0
  }

  function learn(outcome: Outcome): void {
    const now = clock.monotonic()
    const msToReset = outcome.msToReset === undefined ? undefined : clamp(outcome.msToReset)
    if (outcome.limit !== undefined && outcome.remaining !== undefined && msToReset !== undefined) {
      const endsAt = now + msToReset
      // Answers overtake each other, and requests in flight are not in their figures yet: the lowest figure counts.
      const left = outcome.remaining - inFlight
      const known = window && endsAt <= window.endsAt + WINDOW_MS / 2 ? window : undefined
      window = {
        limit: outcome.limit,
        remaining: known ? Math.min(known.remaining, left) : left,
        endsAt,
        sent: known?.sent ?? inFlight + 1,
      }
    }
    if (outcome.kind === 'answered') {
      successes++
      if (successes >= concurrency && concurrency < maxConcurrency) {
        concurrency++
        successes = 0
      }
      return
    }
    successes = 0
    concurrency = Math.max(1, Math.floor(concurrency / 2))
    if (outcome.kind === 'rate_limited') {
      const wait = outcome.retryAfterMs === undefined ? (msToReset ?? WINDOW_MS) : clamp(outcome.retryAfterMs)
      blockedUntil = Math.max(blockedUntil, now + wait + random() * SPREAD_MS)
    }
  }

  return {
    async take(signal) {
      for (;;) {
        signal.throwIfAborted()
        if (inFlight >= concurrency) {
          await turnFree(waiters, signal)
          continue
        }
        const wait = waitMs()
        if (wait > 0) {
          await clock.sleep(Math.ceil(wait), signal)
          continue
        }
        inFlight++
        const current = currentWindow(clock.monotonic())
        if (current) {
          current.remaining--
          current.sent++
        }
        let ended = false
        return {
          end(outcome) {
            if (ended) return
            ended = true
            inFlight--
            learn(outcome)
            for (const wake of waiters.splice(0)) wake()
          },
        }
      }
    },
    waitingUntil() {
      const wait = waitMs()
      return wait > 0 ? clock.now() + wait : undefined
    },
  }
}

const clamp = (ms: number): number => Math.min(Math.max(ms, 0), LONGEST_WAIT_MS)

/** Resolves when a request in flight has ended. */
function turnFree(waiters: (() => void)[], signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const abort = () => {
      waiters.splice(waiters.indexOf(wake), 1)
      reject(signal.reason)
    }
    const wake = () => {
      signal.removeEventListener('abort', abort)
      resolve()
    }
    waiters.push(wake)
    signal.addEventListener('abort', abort, { once: true })
  })
}
