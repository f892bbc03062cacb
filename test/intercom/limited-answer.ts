import type { RateLimit } from '../../simulator/serving/rate-limit.ts'
import type { Outcome } from '../../src/intercom/budget/outcome.ts'

/** A request as Intercom counts it. */
export interface LimitedAnswer {
  /** The end of the window that it counts in, ms since the epoch. */
  window: number
  isRefused: boolean
  /** What a budget reads from the answer's headers. */
  outcome: Outcome
}

/** Counts a request that reaches Intercom at this time, ms since the epoch. Its header says no more than the second. */
export function answerAt(limit: RateLimit, perWindow: number, token: string, now: number): LimitedAnswer {
  const { exceeded, headers } = limit.take(token, now)
  const window = Number(headers['X-RateLimit-Reset']) * 1000
  const serverNowMs = Math.floor(now / 1000) * 1000
  const outcome: Outcome = {
    kind: exceeded ? 'rate_limited' : 'answered',
    limit: perWindow,
    remaining: Number(headers['X-RateLimit-Remaining']),
    msToReset: window - serverNowMs,
    serverNowMs,
  }
  return { window, isRefused: exceeded, outcome }
}
