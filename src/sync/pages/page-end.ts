import { cursorSecond } from '../../intercom/endpoints/paging.ts'
import type { SortOrder } from '../../intercom/endpoints/search-query.ts'
import type { Dated, Slice } from '../state/slice.ts'

/** What a page that has been taken says of how far reading has come. */
export interface PageEnd {
  rows: readonly Dated[]
  /** The cursor that leads on from it. */
  after: string | undefined
  /** The slice is read to its end with it. */
  last: boolean
  /** Fewer records came than Intercom counts: the slice is read once more from its beginning. */
  startsOver?: boolean
  /** Records that came of the slice so far, and how many Intercom counts; see `slice-count`. */
  received?: number
  expected?: number
  most?: number
  shortPage?: true
}

/** The second that reading a slice has come to: everything before it (after it, when descending) has been given. */
export type Reached = Pick<Slice, 'at' | 'witnessed'>

/**
 * How far reading has come with a page. A search finds records by their place in its index and shows what they are now:
 * a row that changed meanwhile is newer than its place, so its own time says nothing of where the page ends. The cursor
 * does: it holds the place of the page's last record. Where a cursor tells nothing:
 * - oldest first, a row that changed before `settledTo` stands at its time, as the index has had the time to move it; a
 *   second is believed once two rows have passed it, so that no single row is taken at its word;
 * - newest first, no place lies after the time of any row before it, so the oldest row tells.
 *
 * @param settledTo what changed before (Unix seconds) the index shows at its time
 */
export function reachedSecond(slice: Slice, page: PageEnd, order: SortOrder, settledTo: number): Reached {
  const before: Reached = { ...pick(slice) }
  if (page.last || page.startsOver) return {}
  const times = page.rows.flatMap(({ updatedAt }) => updatedAt ?? [])
  const place = page.after === undefined ? undefined : cursorSecond(page.after)
  const last = page.rows.at(-1)?.updatedAt
  // A place after the record's own time would be no place of this record.
  if (place !== undefined && last !== undefined && place <= last)
    return { ...before, at: further(before.at, Math.max(place, slice.from), order) }
  if (order === 'descending') {
    const oldest = Math.min(...times.filter((time) => time >= slice.from))
    return Number.isFinite(oldest) ? { at: further(before.at, oldest, order) } : before
  }
  return times
    .filter((time) => time >= slice.from && time < Math.min(settledTo, slice.to ?? settledTo))
    .reduce(witness, before)
}

function pick({ at, witnessed }: Slice): Reached {
  return { ...(at !== undefined && { at }), ...(witnessed !== undefined && { witnessed }) }
}

/** The later of two seconds in the order of reading. */
function further(one: number | undefined, other: number, order: SortOrder): number {
  if (one === undefined) return other
  return order === 'ascending' ? Math.max(one, other) : Math.min(one, other)
}

/** One more row has passed this second. */
function witness({ at, witnessed }: Reached, time: number): Reached {
  const agreed = witnessed === undefined ? undefined : Math.min(witnessed, time)
  const reached = agreed === undefined ? at : Math.max(agreed, at ?? agreed)
  return { ...(reached !== undefined && { at: reached }), witnessed: Math.max(witnessed ?? time, time) }
}
