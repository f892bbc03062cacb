import type { Sink } from '../../contract/walk.ts'
import { isDue } from '../../pages/due.ts'
import type { SearchWalkState } from '../../state/search-state.ts'
import { isSetAside, setAside, slicesSetAside, takeBack } from '../../state/set-aside.ts'
import type { OpenFeed } from '../../streams/open-feed.ts'
import type { PageBatch } from './search-reading.ts'

/**
 * Delivers the rows of a page that are due. A record with a list that could not be read is delivered as it is, and set
 * aside.
 */
export function deliverSearchRows(
  { slices }: SearchWalkState,
  feeds: readonly OpenFeed[],
  { slice, page, asked, rows, lists, children }: PageBatch,
  sink: Sink,
): void {
  let waiting = slicesSetAside(slices)
  for (const row of rows) {
    if (!isDue(slice, row, asked) || isSetAside(waiting, row)) continue
    const { id, updatedAt } = row
    const { answer, reread } = page
    const found = { answer, row, children: children.get(row), lists: lists.get(row), reread }
    // A record without a time could not be requested again.
    if (found.lists?.isPartial && updatedAt !== undefined) {
      setAside(slices, { id, updatedAt })
      waiting = slicesSetAside(slices)
      // The sync before has already delivered the waiting record as it is.
      if (slice.only) continue
    } else if (waiting.length > 0) {
      takeBack(slices, row)
      waiting = slicesSetAside(slices)
    }
    for (const feed of feeds) feed.deliver(found, sink)
  }
}
