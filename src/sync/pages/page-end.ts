import { cursorSecond } from '../../intercom/endpoints/paging.ts'
import type { SortOrder } from '../../intercom/endpoints/search-query.ts'
import type { Dated, Slice } from '../state/slice.ts'

/** What a page that has been taken says about how far reading has come. */
export interface PageEnd {
  rows: readonly Dated[]
  /** The cursor that leads to the next page. */
  after: string | undefined
  /** With this page the slice is read to its end. */
  last: boolean
  /** Fewer records came than Intercom counts: the slice is read once more from its beginning. */
  startsOver?: boolean
  /** How many records of the slice have come so far, and how many Intercom counts; see `slice-count`. */
  received?: number
  expected?: number
  most?: number
  shortPage?: true
}

/** The second that reading a slice has reached: everything before it (after it, when descending) has been given. */
type Reached = Pick<Slice, 'at' | 'witnessed'>

/**
 * How far reading has come with a page. A search finds records by their place in its index but shows their present
 * version. A row that changed meanwhile is newer than its place, so its own time does not say where the page ends. The
 * cursor does, because it holds the place of the page's last record. Where a cursor says nothing:
 * - oldest first, a row that changed before `settledTo` stands at its time, because the index has had time to move it.
 * We trust a second only once two rows have passed it, so that no single row decides;
 * - newest first, no place lies after the time of any row before it, so the oldest row decides.
 *
 * @param settledTo the index shows every change before this (Unix seconds) at its time
 */
export function reachedSecond(slice: Slice, page: PageEnd, order: SortOrder, settledTo: number): Reached {
  const before: Reached = { ...pick(slice) }
  if (page.last || page.startsOver) return {}
  const place = page.after === undefined ? undefined : cursorSecond(page.after)
  const last = page.rows.at(-1)?.updatedAt
  // A place after the record's own time cannot be this record's place.
  if (place !== undefined && last !== undefined && place <= last)
    return { ...before, at: further(before.at, Math.max(place, slice.from), order) }
  const times = page.rows.flatMap(({ updatedAt }) => updatedAt ?? [])
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
