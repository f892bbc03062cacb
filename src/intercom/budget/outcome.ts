import type { ServerClock } from '../time/server-clock.ts'
import { type DatedAnswer, type Exchange, parseHttpDate } from '../time/time-evidence.ts'

/** What an answer says of the rate limit. `msToReset` counts from its arrival, on Intercom's clock. */
export interface Outcome {
  /** `given_up`: we called it back, so it says nothing of Intercom. */
  kind: 'answered' | 'rate_limited' | 'failed' | 'given_up'
  limit?: number
  remaining?: number
  msToReset?: number
  /** Intercom's time at its arrival, ms, as its rate limit most likely sees it. */
  serverNowMs?: number
  /** From a `Retry-After` header. */
  retryAfterMs?: number
}

/** As much of an answer as tells of the rate limit and of the time. */
export interface ToldAnswer {
  status: number
  /** @param name in lower case */
  header: (name: string) => string | undefined
}

/** What an answer says of the time. */
export function readDated(answer: ToldAnswer, exchange: Exchange): DatedAnswer {
  return { date: answer.header('date'), resetSeconds: numberIn(answer, 'x-ratelimit-reset'), ...exchange }
}

/** What an answer says of the rate limit: limits per window and the window's end as an absolute Unix second. */
export function readOutcome(answer: ToldAnswer, serverClock: Pick<ServerClock, 'likelyMs'>): Outcome {
  const limit = numberIn(answer, 'x-ratelimit-limit')
  const remaining = numberIn(answer, 'x-ratelimit-remaining')
  const resetSeconds = numberIn(answer, 'x-ratelimit-reset')
  const serverNowMs = serverClock.likelyMs(resetSeconds)
  const retryAfterMs = readRetryAfter(answer, serverNowMs)
  return {
    kind: answer.status === 429 ? 'rate_limited' : answer.status >= 500 ? 'failed' : 'answered',
    ...(limit !== undefined && limit > 0 && { limit }),
    ...(remaining !== undefined && { remaining }),
    ...(resetSeconds !== undefined && { msToReset: resetSeconds * 1000 - serverNowMs }),
    serverNowMs,
    ...(retryAfterMs !== undefined && { retryAfterMs }),
  }
}

/** Seconds, or a date: that is meant by the clock of whoever wrote the answer, as far as it tells. */
function readRetryAfter(answer: ToldAnswer, serverNowMs: number): number | undefined {
  const seconds = numberIn(answer, 'retry-after')
  if (seconds !== undefined) return seconds * 1000
  const until = parseHttpDate(answer.header('retry-after'))
  return until === undefined ? undefined : until - (parseHttpDate(answer.header('date')) ?? serverNowMs)
}

/** A number in a header; undefined where there is none. */
function numberIn({ header }: ToldAnswer, name: string): number | undefined {
  const text = header(name)
  return text === undefined || text.trim() === '' || !Number.isFinite(Number(text)) ? undefined : Number(text)
}
