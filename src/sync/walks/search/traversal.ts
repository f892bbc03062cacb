import type { Sink } from '../../contract/walk.ts'
import type { SearchEndpoint } from '../../pages/search-pages.ts'
import { advance, advanceWithin } from '../../pages/slice-progress.ts'
import type { FedWalkOptions } from '../../streams/feed.ts'
import { overlapNotes, type PlannedWalk } from '../../streams/feed-state.ts'
import { deliverSearchRows } from './deliver-rows.ts'
import { type PageBatch, type SearchReading, tellCounts } from './search-reading.ts'

/** A walk that has been planned. */
export interface Planned extends PlannedWalk {
  endpoint: Pick<SearchEndpoint, 'version' | 'matching' | 'echoRequired'>
  /** Whether the gaps of the last sync have been tried again. */
  retried: boolean
}

/** A planned walk with everything that its arrivals need. */
export interface Traversal {
  readonly options: FedWalkOptions
  readonly reading: SearchReading
  readonly endpoint: SearchEndpoint
  readonly planned: Planned
  /** How often this attempt has cut the walk around unreadable places. */
  cuts: number
}

/**
 * The index shows every change before this (Unix seconds) at its time, because its lag is never longer than the
 * overlap.
 */
export function settledTo({ planned }: Traversal): number {
  return planned.walk.frozen - Math.max(...planned.feeds.map((feed) => feed.overlap.seconds()))
}

/** Delivers a page, or a batch of one, and advances its slice. Nobody reads the page's answer after its last batch. */
export function takePage({ planned, options, reading }: Traversal, batch: PageBatch, sink: Sink): void {
  const { slice, page, asked, rows, lastBatch } = batch
  for (const { level, message } of reading.takeNotes()) sink.log(level, message)
  for (const id of reading.takeGone()) sink.gone?.(options.root.name, id)
  deliverSearchRows(planned.walk, { root: options.root, feeds: planned.feeds }, batch, sink)
  if (!lastBatch) {
    advanceWithin(slice, rows)
    return
  }
  advance(slice, page, asked.order, asked.settledTo)
  page.answer.release()
  if (page.counts) tellCounts(options, page.counts, sink)
}

/** Ends the walk. Called again, it does nothing. */
export function finish({ planned }: Traversal, sink: Sink): void {
  if (planned.done) return
  planned.done = true
  for (const { level, message } of planned.feeds.flatMap((feed) => overlapNotes(feed, planned.walk.frozen)))
    sink.log(level, message)
}
