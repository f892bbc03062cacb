import type { Clock } from '../../clock.ts'
import { CodedError } from '../../errors.ts'
import { FURTHEST_RESET_MS, LONGEST_BLOCK_MS, WINDOW_MS } from './usage/token-usage.ts'

/*
 * What a 429 means: whose it is, how long it blocks the access token, and how long its request is tried again. The whole
 * life of a 429, with the places that carry it out, is told in docs/architecture/5-budget.md.
 */

/** The status that says that the rate limit is used up. */
export const RATE_LIMITED = 429

/** Intercom's rate limit refused a request. The budget knows how long to wait. */
export class RateLimitedError extends CodedError {
  constructor(path: string, detail = 'the rate limit is used up') {
    super('intercom_unavailable', `Intercom answered ${RATE_LIMITED} to ${path}: ${detail}`)
    this.name = 'RateLimitedError'
  }
}

/** Whether the headers of an answer make it a 429 of Intercom, whatever the form of its body. */
export function hasRateLimitHeader(answer: { status: number; header(name: string): string | undefined }): boolean {
  return answer.status === RATE_LIMITED && answer.header('x-ratelimit-limit') !== undefined
}

/** Used when the answer names a time that is past already. */
const SHORTEST_BLOCK_MS = 1000
/** Waiters are spread over this time, so that they do not all ask at once. */
const SPREAD_MS = 50

/**
 * How long a 429 blocks the token, ms: as long as `Retry-After` says, else until the window's reset, else for a window.
 *
 * @param answer its headers, ms from its arrival
 */
export function blockMs(answer: { retryAfterMs?: number; msToReset?: number }, random: () => number): number {
  const { retryAfterMs, msToReset = WINDOW_MS } = answer
  const ms =
    retryAfterMs === undefined ? Math.min(msToReset, FURTHEST_RESET_MS) : Math.min(retryAfterMs, LONGEST_BLOCK_MS)
  return (ms > 0 ? ms : SHORTEST_BLOCK_MS) + random() * SPREAD_MS
}

/** A request is given up at a 429 that comes so long after its first one. */
const PATIENCE_MS = 10 * 60_000

/**
 * Shows whether a request has met 429s for too long. Ask at each 429. The time counts from the first one, because
 * waiting for a permit before that does not mean that the limit lasts.
 */
export function createRateLimitPatience(clock: Clock): () => boolean {
  let first: number | undefined
  return () => {
    first ??= clock.monotonic()
    return clock.monotonic() - first > PATIENCE_MS
  }
}
