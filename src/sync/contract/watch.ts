import type { RateLimit } from '../../intercom/budget/latest-limit.ts'
import type { IntercomObserver } from '../../intercom/observer.ts'

/**
 * What an attempt waits for: Intercom's rate limit, the one scroll that a workspace has, or room in the log, which only
 * the caller of a sync knows.
 */
export interface Wait {
  waitingFor: 'rate_limit' | 'scroll' | 'log_space'
  /** Ms since the epoch; absent when nobody knows. */
  until?: number
}

/** What an attempt has that the next one could not go on from. */
export interface Held {
  /** No request is on its way. */
  isIdle: boolean
  /** Every list that is being read can be gone on with from its middle, by another attempt in another process. */
  canGoOnElsewhere: boolean
}

/** Whoever watches an attempt at a sync: is told of its exchanges with Intercom, and may ask what it waits for. */
export interface SyncWatch extends IntercomObserver {
  /** The attempt has begun, and from now on can say what it waits for, and what Intercom last said of its rate limit. */
  begun(waiting: () => Wait | undefined, rateLimit: () => RateLimit | undefined): void
  /** From now on the attempt can say what it holds. */
  holding(held: () => Held): void
}
