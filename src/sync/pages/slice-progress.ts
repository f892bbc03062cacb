import type { SortOrder } from '../../intercom/endpoints/search-query.ts'
import type { Dated, Slice } from '../state/slice.ts'
import { type PageEnd, reachedSecond } from './page-end.ts'

/** Moves a slice past a page that has been taken. @param settledTo see `reachedSecond` */
export function advance(slice: Slice, page: PageEnd, order: SortOrder, settledTo: number): void {
  const { at, witnessed } = reachedSecond(slice, page, order, settledTo)
  const sign = order === 'ascending' ? 1 : -1
  // As long as no second is passed, all records that came lie beyond: if a cursor is refused, reading goes back to it.
  const isBeyond = (time: number) => at === undefined || sign * (time - at) >= 0
  const ids = new Map<string, number>()
  for (const [id, time] of slice.ids ?? []) if (isBeyond(time)) ids.set(id, time)
  for (const { id, updatedAt } of page.rows) if (updatedAt !== undefined && isBeyond(updatedAt)) ids.set(id, updatedAt)
  const ahead = withoutRows(slice.ahead, page.rows)
  for (const name of [
    'at',
    'witnessed',
    'ids',
    'ahead',
    'after',
    'received',
    'expected',
    'most',
    'shortPage',
    'tentative',
  ] as const)
    delete slice[name]
  slice.done = page.last
  if (page.startsOver) slice.reread = true
  if (page.last || page.startsOver) return
  if (at !== undefined) slice.at = at
  if (witnessed !== undefined) slice.witnessed = witnessed
  if (ids.size > 0) slice.ids = ids
  if (ahead.length > 0) slice.ahead = ahead
  if (page.after !== undefined) slice.after = page.after
  if (page.received !== undefined) slice.received = page.received
  if (page.expected !== undefined) slice.expected = page.expected
  if (page.most !== undefined) slice.most = page.most
  if (page.shortPage) slice.shortPage = true
}

/** The records ahead that are not on a page. Nearly always there are none. */
function withoutRows(ahead: readonly string[] | undefined, rows: readonly Dated[]): string[] {
  if (ahead === undefined) return []
  const passed = new Set(rows.map((row) => row.id))
  return ahead.filter((id) => !passed.has(id))
}

/**
 * Notes records taken in the middle of a page. After a break the page is requested again, and these records are
 * skipped.
 */
export function advanceWithin(slice: Slice, rows: readonly Dated[]): void {
  delete slice.tentative
  slice.ahead = [...new Set([...(slice.ahead ?? []), ...rows.map((row) => row.id)])]
}
