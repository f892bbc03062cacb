import type { Clock } from '../../src/clock.ts'
import { formatCount } from '../../src/display/figures.ts'
import type { FooterView } from '../../src/display/sync-view.ts'
import type { RequestLog } from '../serving/request-log.ts'

const windowMs = 10_000

/**
 * How much of Intercom's rate limit has been used in the current window, counted by the requests that the simulated
 * Intercom really got.
 *
 * @param limit requests in a window of ten seconds
 */
export function readBudgetUse({ entries }: RequestLog, limit: number, clock: Clock): FooterView {
  const now = clock.now()
  const start = Math.floor(now / windowMs) * windowMs
  const used = entries.length - entries.findLastIndex(({ time }) => time < start) - 1
  const counts = [formatCount(used), formatCount(limit)]
  const time = `new in ${Math.ceil((start + windowMs - now) / 1000)} s`
  return {
    name: "Intercom's limit",
    share: Math.min(1, used / limit),
    counts: counts.join('/'),
    rate: 'in 10 s',
    time,
    words: `Intercom's limit: ${counts.join(' of ')} used, ${time}`,
  }
}
