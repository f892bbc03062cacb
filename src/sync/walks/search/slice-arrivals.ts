import type { SortOrder } from '../../../intercom/endpoints/search-query.ts'
import type { Arrival, Sink } from '../../contract/walk.ts'
import { cutAround, describeRange, UnreadablePageError } from '../../pages/narrowing.ts'
import type { HeldPage } from '../../pages/search-pages.ts'
import { confirmSearch, holdsOneRecord, NARROWEST_SECONDS } from '../../pages/search-plan.ts'
import { ofWhatWasBegun, orderOf, type Slice } from '../../state/slice.ts'
import { settledTo, type Traversal, takePage } from './traversal.ts'

/** A walk is cut at most this often around unreadable places. After that, a slice that fails is set aside uncut. */
const MOST_CUTS = 64

/**
 * Reads a slice to its end, and around the places that cannot be read.
 *
 * @param held the slice's first page, if it has come already
 */
export async function* sliceArrivals(
  traversal: Traversal,
  slice: Slice,
  held?: HeldPage,
): AsyncGenerator<Arrival, void, void> {
  const { reading, endpoint, planned } = traversal
  const walkOrder: SortOrder = planned.walk.descending ? 'descending' : 'ascending'
  try {
    for await (const batch of reading.read(endpoint, slice, orderOf(slice, walkOrder), settledTo(traversal), held))
      yield { take: (sink) => takePage(traversal, batch, sink) }
  } catch (error) {
    if (!(error instanceof UnreadablePageError)) throw error
    await confirmSearch(endpoint)
    const isEnough = ++traversal.cuts > MOST_CUTS || (await holdsOneRecord(endpoint, error.rest))
    const narrowest = isEnough ? Infinity : NARROWEST_SECONDS[endpoint.matching]
    const parts = cutAround(error.rest, walkOrder, narrowest).map(ofWhatWasBegun)
    yield { take: (sink) => takeParts(traversal, slice, parts, error, sink) }
    for (const part of parts) if (!part.aside) yield* sliceArrivals(traversal, part)
  }
}

/** Replaces a slice with the parts that it was cut into. */
function takeParts(
  { planned, options }: Traversal,
  slice: Slice,
  parts: readonly Slice[],
  error: Error,
  sink: Sink,
): void {
  const { slices } = planned.walk
  slices.splice(slices.indexOf(slice), 1, ...parts)
  // Intercom's words may name the record. If they do not, the stretch of time is the only hint.
  for (const part of parts.filter(({ aside }) => aside))
    sink.log(
      'WARN',
      `${options.root.name}: ${error.message}: what was updated from ${describeRange(part)} is set aside`,
    )
}
