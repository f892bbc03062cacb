import type { Clock } from '../clock.ts'
import { type Ceiling, createCeiling } from './ceiling.ts'

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
  /** `given_up`: we called it back, so it says nothing of Intercom. */
  kind: 'answered' | 'rate_limited' | 'failed' | 'given_up'
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
/** After a refusal that names a time already past. */
const SHORTEST_WAIT_MS = 1000
const SPREAD_MS = 50
const FIRST_CONCURRENCY = 4

interface Window {
  limit: number
  /** What is left at least: every request in flight is taken to be missing in Intercom's figure. */
  remaining: number
  /** Ms of the monotonic clock. */
  endsAt: number
  sent: number
  /** The lowest figure told, which is the latest: answers overtake each other. Undefined before the first. */
  lowest?: number
  /** Number of the last request sent before that figure came. */
  lastSent: number
}

/** A budget in this process's memory; one per access token and process. */
export function createBudget(options: BudgetOptions): Budget {
  const { clock, random } = options
  const reserve = options.reserve ?? 0.05
  const maxConcurrency = options.maxConcurrency ?? 10
  const ceiling: Ceiling | undefined = options.requestsPerMinute ? createCeiling(options.requestsPerMinute) : undefined
  let concurrency = Math.min(FIRST_CONCURRENCY, maxConcurrency)
  let inFlight = 0
  let lastSent = 0
  let successes = 0
  let blockedUntil = 0
  let window: Window | undefined
  const waiters: (() => void)[] = []

  /** The window we are in; a new one starts full, and is believed until an answer says otherwise. */
  function currentWindow(now: number): Window | undefined {
    if (window && now >= window.endsAt)
      window = {
        limit: window.limit,
        // What is in flight may be counted in either window.
        remaining: window.limit - inFlight,
        endsAt: now + WINDOW_MS,
        sent: inFlight,
        lastSent,
      }
    return window
  }

  /** Ms until the next request may go; 0 = now. */
  function waitMs(): number {
    const now = clock.monotonic()
    return Math.max(0, blockedUntil - now, windowWaitMs(now), ceiling?.waitMs(now) ?? 0)
  }

  function windowWaitMs(now: number): number {
    const current = currentWindow(now)
    if (!current) return 0
    // Others spend when more is gone than we sent; only then is a share left to them.
    const othersSpend = current.limit - current.remaining > current.sent + maxConcurrency
    const kept = othersSpend ? Math.floor(current.limit * reserve) : 0
    return current.remaining <= kept ? current.endsAt - now : 0
  }

  function learnWindow({ limit, remaining, msToReset }: Outcome, number: number): void {
    // The figures of a window that has ended say nothing of the one we are in.
    if (limit === undefined || remaining === undefined || msToReset === undefined || msToReset <= 0) return
    const endsAt = clock.monotonic() + clamp(msToReset)
    const told = window?.lowest === undefined ? undefined : window
    if (told && endsAt < told.endsAt - WINDOW_MS / 2) return
    if (told && endsAt <= told.endsAt + WINDOW_MS / 2 && remaining >= (told.lowest ?? 0)) {
      // It was served before the lowest figure was told, so that figure holds it already.
      if (remaining > (told.lowest ?? 0) && number <= told.lastSent) told.remaining++
      return
    }
    const isNew = !window || endsAt > window.endsAt + WINDOW_MS / 2
    const sent = window && !isNew ? window.sent : inFlight + 1
    window = { limit, remaining: remaining - inFlight, endsAt, sent, lowest: remaining, lastSent }
  }

  function learnPace({ kind, retryAfterMs, msToReset }: Outcome): void {
    if (kind === 'given_up') return
    if (kind === 'answered') {
      successes++
      if (successes >= concurrency && concurrency < maxConcurrency) {
        concurrency++
        successes = 0
      }
      return
    }
    successes = 0
    concurrency = Math.max(1, Math.floor(concurrency / 2))
    if (kind !== 'rate_limited') return
    const told = retryAfterMs ?? msToReset ?? WINDOW_MS
    const wait = told > 0 ? clamp(told) : SHORTEST_WAIT_MS
    blockedUntil = Math.max(blockedUntil, clock.monotonic() + wait + random() * SPREAD_MS)
  }

  /** Counts a request as sent. */
  function openTurn(): Turn {
    const now = clock.monotonic()
    const current = currentWindow(now)
    if (current) {
      current.remaining--
      current.sent++
    }
    ceiling?.note(now)
    inFlight++
    const number = ++lastSent
    let ended = false
    return {
      end(outcome) {
        if (ended) return
        ended = true
        inFlight--
        learnWindow(outcome, number)
        learnPace(outcome)
        for (const wake of waiters.splice(0)) wake()
      },
    }
  }

  return {
    async take(signal) {
      for (;;) {
        signal.throwIfAborted()
        const wait = waitMs()
        if (inFlight >= concurrency) await turnFree(waiters, signal)
        else if (wait > 0) await clock.sleep(Math.ceil(wait), signal)
        else return openTurn()
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
