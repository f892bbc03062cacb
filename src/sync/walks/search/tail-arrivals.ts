import type { SortOrder } from '../../../intercom/endpoints/search-query.ts'
import type { Arrival, Sink } from '../../contract/walk.ts'
import { sliceBefore, UnreadablePageError } from '../../pages/narrowing.ts'
import { confirmSearch } from '../../pages/search-plan.ts'
import type { TailState } from '../../state/search-state.ts'
import type { PageBatch } from './search-reading.ts'
import { sliceArrivals } from './slice-arrivals.ts'
import { finish, settledTo, type Traversal, takePage } from './traversal.ts'
import { firstTailPass, tailPass } from './walk-times.ts'

const MOST_PASSES = 3

/** How a pass of the tail ended. */
interface PassEnd {
  /** No other pass follows. */
  isLast: boolean
  /** Up to here (Unix seconds) the pass could not be read, and a slice has replaced it. */
  takenOverTo?: number
}

/**
 * The tail: everything that has changed since the plan was frozen. It is read in passes, until a pass fits on one
 * page. Each pass starts from the time at which the one before was requested.
 */
export async function* tailArrivals(traversal: Traversal): AsyncGenerator<Arrival, void, void> {
  const { options, planned } = traversal
  let takenOverTo: number | undefined
  const after = (before: TailState) =>
    tailPass(options.client, before.round + 1, () => before.asked, takenOverTo ?? Number.NEGATIVE_INFINITY)
  let pass = planned.walk.tail ?? firstTailPass(options.client, planned.walk)
  if (pass.slice.done) pass = after(pass)
  for (;;) {
    const end = yield* passArrivals(traversal, pass)
    takenOverTo = end.takenOverTo ?? takenOverTo
    if (end.isLast) return
    pass = after(pass)
  }
}

async function* passArrivals(traversal: Traversal, pass: TailState): AsyncGenerator<Arrival, PassEnd, void> {
  const { endpoint, reading, options, planned } = traversal
  // By calendar day the tail, too, is read newest first, because its query begins two days before the tail does.
  const order: SortOrder = endpoint.matching === 'day' ? 'descending' : 'ascending'
  let pages = pass.pages
  let isLast = false
  // The pass may have to deliver records younger than its request time, because clocks may disagree.
  const end = Math.max(pass.asked, options.client.latestSeconds())
  try {
    for await (const batch of reading.read(endpoint, pass.slice, order, settledTo(traversal))) {
      if (batch.lastBatch) pages++
      isLast = batch.lastBatch && batch.page.last && (pages === 1 || pass.round === MOST_PASSES)
      // With the last page the walk ends, unless Intercom has to be asked about a parent once more.
      const isEnd = isLast && !reading.gone.any()
      yield { take: (sink) => takeTail(traversal, pass, batch, isEnd, sink) }
    }
    return { isLast }
  } catch (error) {
    if (!(error instanceof UnreadablePageError)) throw error
    await confirmSearch(endpoint)
    const slice = sliceBefore(end, error.rest, order)
    yield { take: () => void planned.walk.slices.push(slice) }
    if (!slice.done) yield* sliceArrivals(traversal, slice)
    isLast = pass.round === MOST_PASSES
    if (isLast) yield { take: () => void Object.assign(planned.walk, { tail: pass }) }
    return { isLast, takenOverTo: slice.to ?? end }
  }
}

function takeTail(traversal: Traversal, pass: TailState, batch: PageBatch, isEnd: boolean, sink: Sink): void {
  const { planned } = traversal
  planned.walk.tail = pass
  // The next pass reads again from when this one was requested, and this one from when the one before was. So records
  // delivered since then must not be forgotten.
  const readAgainFrom = pass.round === 1 ? pass.asked : pass.slice.from
  for (const feed of planned.feeds) feed.overlap.seen.protectFrom(readAgainFrom)
  takePage(traversal, batch, sink)
  if (batch.lastBatch) pass.pages++
  if (isEnd) finish(traversal, sink)
}
