import type { SortOrder } from '../../../intercom/endpoints/search-query.ts'
import type { Arrival, Sink } from '../../contract/walk.ts'
import { sliceBefore, UnreadablePageError } from '../../pages/narrowing.ts'
import { confirmSearch } from '../../pages/search-plan.ts'
import type { TailState } from '../../state/search-state.ts'
import type { PageBatch } from './search-reading.ts'
import { sliceArrivals } from './slice-arrivals.ts'
import { finish, settledTo, type Traversal, takePage } from './traversal.ts'
import { firstTailPass, tailPass } from './walk-times.ts'

const MOST_ROUNDS = 3

/** How a round of the tail ended. */
interface RoundEnd {
  /** No other round follows. */
  isLast: boolean
  /** Up to here (Unix seconds) the round could not be read, and a slice has replaced it. */
  takenOverTo?: number
}

/**
 * The tail: everything that has changed since the plan was frozen. It is read in rounds, until a round fits on one
 * page. Each round starts from the time at which the one before was requested.
 */
export async function* tailArrivals(traversal: Traversal): AsyncGenerator<Arrival, void, void> {
  const { options, planned } = traversal
  let takenOverTo: number | undefined
  const after = (before: TailState) =>
    tailPass(options.client, before.round + 1, () => before.asked, takenOverTo ?? Number.NEGATIVE_INFINITY)
  let round = planned.walk.tail ?? firstTailPass(options.client, planned.walk)
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
  // By calendar day the tail, too, is read newest first, because its query begins two days before the tail does.
  const order: SortOrder = endpoint.matching === 'day' ? 'descending' : 'ascending'
  let pages = round.pages
  let isLast = false
  // The round may have to deliver records younger than its request time, because clocks may disagree.
  const end = Math.max(round.asked, options.client.latestSeconds())
  try {
    for await (const batch of reading.read(endpoint, round.slice, order, settledTo(traversal))) {
      if (batch.lastBatch) pages++
      isLast = batch.lastBatch && batch.page.last && (pages === 1 || round.round === MOST_ROUNDS)
      // With the last page the walk ends, unless Intercom has to be asked about a parent once more.
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
  // The next round reads again from when this one was requested, and this one from when the one before was. So records
  // delivered since then must not be forgotten.
  const readAgainFrom = round.round === 1 ? round.asked : round.slice.from
  for (const feed of planned.feeds) feed.overlap.seen.protectFrom(readAgainFrom)
  takePage(traversal, batch, sink)
  if (batch.lastBatch) round.pages++
  if (isEnd) finish(traversal, sink)
}
