import type { Clock } from '../../src/clock.ts'
import type { RequestLog } from '../serving/request-log.ts'

/** How much of Intercom's rate limit has been used in the current window. */
export interface BudgetUse {
  used: number
  limit: number
  /** Until the window ends, s. */
  resetsIn: number
}

const windowMs = 10_000

/** Counts the requests that the simulated Intercom really got. @param limit requests in a window of ten seconds */
export function readBudgetUse({ entries }: RequestLog, limit: number, clock: Clock): BudgetUse {
  const now = clock.now()
  const start = Math.floor(now / windowMs) * windowMs
  const before = entries.findLastIndex(({ time }) => time < start)
  return { used: entries.length - before - 1, limit, resetsIn: Math.ceil((start + windowMs - now) / 1000) }
}
