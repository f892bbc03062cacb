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

/** Whether an answer is a 429 of Intercom by its headers, in whatever form its body is. */
export function hasRateLimitHeader(answer: { status: number; header(name: string): string | undefined }): boolean {
  return answer.status === RATE_LIMITED && answer.header('x-ratelimit-limit') !== undefined
}

/** When the answer names a time that is past already. */
const SHORTEST_BLOCK_MS = 1000
/** Waiters come back spread over so long, so that they do not all ask at once. */
const SPREAD_MS = 50

/**
 * How long a 429 blocks the token, ms: as long as `Retry-After` says, else until the window's reset, else for a window.
 *
 * @param answer what its headers said, ms from its arrival
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
 * Tells whether a request has met 429s for too long. Ask at each 429. Time begins to count at the first one: waiting for
 * a permit before that is no sign of a limit that lasts.
 */
export function createRateLimitPatience(clock: Clock): () => boolean {
  let first: number | undefined
  return () => {
    first ??= clock.monotonic()
    return clock.monotonic() - first > PATIENCE_MS
  }
}
