import type { Clock } from '../../src/clock.ts'
import type { RequestLog } from '../request-log.ts'

/** How much of Intercom's rate limit the window that runs has seen used. */
export interface BudgetUse {
  used: number
  limit: number
  /** Until the window ends, s. */
  resetsIn: number
}

const windowMs = 10_000

/** From what the simulated Intercom was really asked. @param limit requests in a window of ten seconds */
export function readBudgetUse({ entries }: RequestLog, limit: number, clock: Clock): BudgetUse {
  const now = clock.now()
  const start = Math.floor(now / windowMs) * windowMs
  const before = entries.findLastIndex(({ time }) => time < start)
  return { used: entries.length - before - 1, limit, resetsIn: Math.ceil((start + windowMs - now) / 1000) }
}
