import type { Clock } from '../../src/clock.ts'
import { formatCount } from '../../src/display/figures.ts'
import type { FooterView } from '../../src/display/sync-view.ts'
import type { RequestLog } from '../serving/request-log.ts'

const windowMs = 10_000

const windowOf = (time: number): number => Math.floor(time / windowMs)

/** How much of Intercom's rate limit a sync has used. */
export interface LimitUse {
  /** Of what its windows allowed, without the last, in which it came to its end; of the only one, if there was but one. */
  share: number
  windows: number
}

/**
 * Counted by the requests that the simulated Intercom really got.
 *
 * @param since when the sync began, ms since the epoch
 * @param limit requests in a window of ten seconds
 */
export function useOfLimit({ entries }: Pick<RequestLog, 'entries'>, since: number, limit: number): LimitUse {
  const times = entries.flatMap(({ time }) => (time >= since ? [time] : []))
  const [first = 0, last = 0] = [times[0], times.at(-1)].map((time) => windowOf(time ?? 0))
  const windows = last - first + 1
  const counted = windows > 1 ? times.filter((time) => windowOf(time) < last).length : times.length
  return { share: counted / (limit * Math.max(1, windows - 1)), windows }
}

/**
 * How much of Intercom's rate limit has been used in the current window, counted by the requests that the simulated
 * Intercom really got.
 *
 * @param limit requests in a window of ten seconds
 */
export function readBudgetUse({ entries }: RequestLog, limit: number, clock: Clock): FooterView {
  const now = clock.now()
  const start = windowOf(now) * windowMs
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
