import type { Metrics } from '../metrics.ts'
import { RATE_LIMITED } from './budget/rate-limited.ts'
import type { IntercomRequest } from './request.ts'

/** Is notified of every exchange with Intercom, but never of its contents. Times in ms. */
export interface IntercomObserver {
  /** A request has waited this long for a permit of the budget. */
  waited(ms: number): void
  /** A request was answered with a status after this time; undefined = it was not answered. */
  answered(status: number | undefined, ms: number, request: AskedRequest): void
  /** A request is about to be sent again. */
  retried(): void
}

/** The parts of a request that are no secret: neither its query nor its body. */
export type AskedRequest = Pick<IntercomRequest, 'method' | 'path'>

/** Notifies both. */
export function notifyBoth(one: IntercomObserver, other: IntercomObserver): IntercomObserver {
  return {
    waited(ms) {
      one.waited(ms)
      other.waited(ms)
    },
    answered(...answer) {
      one.answered(...answer)
      other.answered(...answer)
    },
    retried() {
      one.retried()
      other.retried()
    },
  }
}

/** Counts exchanges by the class of their status. 429, the rate limit, is counted by itself. */
export function countExchanges(metrics: Metrics): IntercomObserver {
  return {
    waited: (ms) => metrics.add('intercom_sync_intercom_wait_seconds_total', {}, ms / 1000),
    answered: (status, ms) =>
      metrics.observe('intercom_sync_intercom_request_seconds', { outcome: outcomeOf(status) }, ms / 1000),
    retried: () => metrics.add('intercom_sync_intercom_retries_total', {}),
  }
}

function outcomeOf(status: number | undefined): string {
  if (status === undefined) return 'network'
  return status === RATE_LIMITED ? '429' : `${Math.floor(status / 100)}xx`
}
