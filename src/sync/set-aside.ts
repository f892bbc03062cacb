import type { FoundLists } from './list-reader.ts'
import type { Row } from './search-pages.ts'
import { owns, type Slice } from './slice.ts'

/**
 * Whether a record has to wait until its lists can be had. One without a time could not be asked for again: it is
 * delivered with its lists as they are.
 */
export function isUnreadable(row: Row, lists: ReadonlyMap<Row, FoundLists>): row is Row & { updatedAt: number } {
  return row.updatedAt !== undefined && lists.get(row) === 'unreadable'
}

/**
 * Sets the second of such a record aside: the next sync reads it again, without what was delivered of it.
 *
 * @param slices of the walk; the second is added
 * @param page its slice, its rows and what their lists have come to
 */
export function setAside(
  slices: Slice[],
  { updatedAt: second }: { updatedAt: number },
  { slice, rows, lists }: { slice: Slice; rows: readonly Row[]; lists: ReadonlyMap<Row, FoundLists> },
): void {
  const isSame = ({ aside, from, to, created }: Slice) => aside && !created && from === second && to === second + 1
  const known = slices.find(isSame)
  // What another slice owns may have to wait, too.
  const taken = rows.filter((row) => row.updatedAt === second && owns(slice, row) && !isUnreadable(row, lists))
  const skip = [...new Set([...(known?.skip ?? []), ...taken.map(({ id }) => id)])]
  const gap: Slice = { from: second, to: second + 1, done: false, aside: true, ...(skip.length > 0 && { skip }) }
  if (known) Object.assign(known, gap)
  else slices.push(gap)
}
