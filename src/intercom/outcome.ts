/** What an answer says of the rate limit. `msToReset` counts from its arrival, on Intercom's clock. */
export interface Outcome {
  /** `given_up`: we called it back, so it says nothing of Intercom. */
  kind: 'answered' | 'rate_limited' | 'failed' | 'given_up'
  limit?: number
  remaining?: number
  msToReset?: number
  /** Intercom's time at its arrival, ms, never later than the truth. */
  serverNowMs?: number
  /** From a `Retry-After` header. */
  retryAfterMs?: number
}
