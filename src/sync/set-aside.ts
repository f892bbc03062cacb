import type { FoundLists } from './list-reader.ts'
import type { Row } from './search-pages.ts'
import type { Slice } from './slice.ts'

/**
 * Whether a record has to wait until its lists can be had. One without a time could not be asked for again: it is
 * delivered with its lists as they are.
 */
export function isUnreadable(row: Row, lists: ReadonlyMap<Row, FoundLists>): row is Row & { updatedAt: number } {
  return row.updatedAt !== undefined && lists.get(row) === 'unreadable'
}

/** Sets such a record aside: the next sync reads its second again, and of that second only what waits. */
export function setAside(slices: Slice[], { id, updatedAt: second }: { id: string; updatedAt: number }): void {
  const known = slices.find(({ aside, only, from }) => aside && only && from === second)
  if (known) known.only = [...new Set([...(known.only ?? []), id])]
  else slices.push({ from: second, to: second + 1, done: false, aside: true, only: [id] })
}

/** Takes back a record that has come after all: the walk met it again, as it had changed. */
export function takeBack(slices: Slice[], { id, updatedAt }: Row): void {
  for (const slice of slices.filter(({ aside, only }) => aside && only?.includes(id))) {
    if (updatedAt === undefined || updatedAt < slice.from) continue
    slice.only = slice.only?.filter((other) => other !== id) ?? []
    if (slice.only.length === 0) slices.splice(slices.indexOf(slice), 1)
  }
}
