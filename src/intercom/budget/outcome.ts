import type { ServerClock } from '../time/server-clock.ts'
import { type DatedAnswer, parseHttpDate, type RequestTimes } from '../time/time-evidence.ts'
import { RATE_LIMITED } from './rate-limited.ts'

/**
 * How a request ended, and what its answer says about the rate limit. Times count from its arrival, on Intercom's
 * clock.
 */
export interface Outcome {
  /** `given_up`: we ended it ourselves, so it says nothing about Intercom. */
  kind: 'answered' | 'rate_limited' | 'failed' | 'given_up'
  limit?: number
  remaining?: number
  msToReset?: number
  /** Intercom's time at its arrival, ms, as its rate limit most likely sees it. */
  serverNowMs?: number
  /** Size of the answer. */
  bytes?: number
  /** From a `Retry-After` header. */
  retryAfterMs?: number
}

/** The part of an answer that is about the rate limit and the time. */
interface AnswerHead {
  status: number
  /** @param name in lower case */
  header: (name: string) => string | undefined
}

/** What an answer says about the time. */
export function readDated(answer: AnswerHead, exchange: RequestTimes): DatedAnswer {
  return { date: answer.header('date'), resetSeconds: numberIn(answer, 'x-ratelimit-reset'), ...exchange }
}

/** What an answer says about the rate limit. Limits are per window, and the window's end is an absolute Unix second. */
export function readOutcome(answer: AnswerHead, serverClock: Pick<ServerClock, 'likelyMs'>): Outcome {
  const limit = numberIn(answer, 'x-ratelimit-limit')
  const remaining = numberIn(answer, 'x-ratelimit-remaining')
  const resetSeconds = numberIn(answer, 'x-ratelimit-reset')
  const serverNowMs = serverClock.likelyMs(resetSeconds)
  const retryAfterMs = readRetryAfter(answer, serverNowMs)
  return {
    kind: kindOf(answer.status),
    ...(limit !== undefined && limit > 0 && { limit }),
    ...(remaining !== undefined && { remaining }),
    ...(resetSeconds !== undefined && { msToReset: resetSeconds * 1000 - serverNowMs }),
    serverNowMs,
    ...(retryAfterMs !== undefined && { retryAfterMs }),
  }
}

function kindOf(status: number): Outcome['kind'] {
  if (status === RATE_LIMITED) return 'rate_limited'
  return status >= 500 ? 'failed' : 'answered'
}

/** Seconds, or a date. A date follows the clock of whoever wrote the answer, if the answer shows that clock. */
function readRetryAfter(answer: AnswerHead, serverNowMs: number): number | undefined {
  const seconds = numberIn(answer, 'retry-after')
  if (seconds !== undefined) return seconds * 1000
  const until = parseHttpDate(answer.header('retry-after'))
  return until === undefined ? undefined : until - (parseHttpDate(answer.header('date')) ?? serverNowMs)
}

/** A number in a header; undefined when there is none. */
function numberIn({ header }: AnswerHead, name: string): number | undefined {
  const text = header(name)
  return text === undefined || text.trim() === '' || !Number.isFinite(Number(text)) ? undefined : Number(text)
}
