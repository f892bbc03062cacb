import type { SortOrder } from '../../../intercom/endpoints/search-query.ts'
import type { Arrival, Sink } from '../../contract/walk.ts'
import { sliceBefore, UnreadablePageError } from '../../pages/narrowing.ts'
import { confirmSearch } from '../../pages/search-plan.ts'
import type { TailState } from '../../state/search-state.ts'
import type { PageBatch } from './search-reading.ts'
import { sliceArrivals } from './slice-arrivals.ts'
import { finish, settledTo, type Traversal, takePage } from './traversal.ts'
import { firstRound, tailRound } from './walk-times.ts'

const MOST_ROUNDS = 3

/** How a round of the tail came out. */
interface RoundEnd {
  /** No other round follows. */
  isLast: boolean
  /** Up to here (Unix seconds) it could not be read, and a slice has taken its place. */
  takenOverTo?: number
}

/**
 * The tail: what has changed since the plan was frozen. It is read in rounds, each from when the one before was asked,
 * until a round fits on one page.
 */
export async function* tailArrivals(traversal: Traversal): AsyncGenerator<Arrival, void, void> {
  const { options, planned } = traversal
  let takenOverTo: number | undefined
  const after = (before: TailState) =>
    tailRound(options.client, before.round + 1, () => before.asked, takenOverTo ?? Number.NEGATIVE_INFINITY)
  let round = planned.walk.tail ?? firstRound(options.client, planned.walk)
  if (round.slice.done) round = after(round)
  for (;;) {
    const end = yield* roundArrivals(traversal, round)
    takenOverTo = end.takenOverTo ?? takenOverTo
    if (end.isLast) return
    round = after(round)
  }
}

async function* roundArrivals(traversal: Traversal, round: TailState): AsyncGenerator<Arrival, RoundEnd, void> {
  const { endpoint, reading, options, planned } = traversal
  // By calendar day the tail, too, is read newest first: its query begins two days before what it owns.
  const order: SortOrder = endpoint.matching === 'day' ? 'descending' : 'ascending'
  let pages = round.pages
  let isLast = false
  // What it is to bring may be younger than it is said to have been asked at: clocks may disagree.
  const end = Math.max(round.asked, options.client.latestSeconds())
  try {
    for await (const batch of reading.read(endpoint, round.slice, order, settledTo(traversal))) {
      if (batch.lastBatch) pages++
      isLast = batch.lastBatch && batch.page.last && (pages === 1 || round.round === MOST_ROUNDS)
      // With the last page the walk has come to its end, unless Intercom is to be asked about a parent once more.
      const isEnd = isLast && !reading.gone.any()
      yield { take: (sink) => takeTail(traversal, round, batch, isEnd, sink) }
    }
    return { isLast }
  } catch (error) {
    if (!(error instanceof UnreadablePageError)) throw error
    await confirmSearch(endpoint)
    const slice = sliceBefore(end, error.rest, order)
    yield { take: () => void planned.walk.slices.push(slice) }
    if (!slice.done) yield* sliceArrivals(traversal, slice)
    isLast = round.round === MOST_ROUNDS
    if (isLast) yield { take: () => void Object.assign(planned.walk, { tail: round }) }
    return { isLast, takenOverTo: slice.to ?? end }
  }
}

function takeTail(traversal: Traversal, round: TailState, batch: PageBatch, isEnd: boolean, sink: Sink): void {
  const { planned } = traversal
  planned.walk.tail = round
  // The next round reads again from when this one was asked, and this one from when the last was: what was delivered
  // since may not be forgotten.
  const readAgainFrom = round.round === 1 ? round.asked : round.slice.from
  for (const feed of planned.feeds) feed.overlap.seen.protectFrom(readAgainFrom)
  takePage(traversal, batch, sink)
  if (batch.lastBatch) round.pages++
  if (isEnd) finish(traversal, sink)
}
