import { type DateMatching, LARGEST_PAGE } from '../../intercom/endpoints/search-query.ts'
import { partsOf } from '../pages/cutting.ts'
import type { SearchEndpoint } from '../pages/search-pages.ts'
import { countRecords } from '../pages/search-plan.ts'
import type { Cutting } from '../state/search-state.ts'
import type { Slice } from '../state/slice.ts'

/** Requests for so many records in pages, of which there is always a first. */
export function pagesFor(records: number): number {
  return Math.max(1, Math.ceil(records / LARGEST_PAGE))
}

/** A slice that holds nothing is asked for twice, because an empty answer is not believed at once. */
const EMPTY_SLICE_REQUESTS = 2
/** By calendar day a query reaches into the days beside its slice: from one to two days on either side. */
const DAY_REACH_SECONDS = 1.5 * 86_400

/** How the records of a slice lie in time. */
interface Stretch {
  from: number
  to: number
  count: number
}

/**
 * The requests that reading a slice takes when it holds too much for one lane: it is divided as the walk divides it.
 * What its first parts hold is counted, a request each; within these, records are taken to lie evenly.
 *
 * @returns requests after the first page; undefined when the slice is read as it is
 */
export async function dividedRequests(
  endpoint: SearchEndpoint,
  slice: Slice & { to: number },
  total: number,
  cutting: Cutting,
): Promise<number | undefined> {
  const { matching } = endpoint
  const parts = partsOf({ ...slice, tentative: true }, total, cutting, matching)
  if (!parts) return undefined
  if (parts.some(({ created }) => created)) return parts.length * pagesFor(total / parts.length)
  const counts = await Promise.all(parts.map((part) => countRecords(endpoint, { updated: part })))
  const sum = counts.reduce<number>((all, count) => all + (count ?? 0), 0)
  const stretches = parts.map(({ from, to }, index): Stretch => {
    // By calendar day each count takes in some days of its neighbours.
    return { from, to: to ?? slice.to, count: (counts[index] ?? 0) * Math.min(1, total / Math.max(1, sum)) }
  })
  return parts.reduce((all, part) => all + requestsOf(part, stretches, cutting, matching), 0)
}

function requestsOf(part: Slice, stretches: readonly Stretch[], cutting: Cutting, matching: DateMatching): number {
  const held = heldBy(part, stretches, matching)
  const parts = part.created ? undefined : partsOf(part, held, cutting, matching)
  if (!parts) return held < 1 ? EMPTY_SLICE_REQUESTS : pagesFor(held)
  if (parts.some(({ created }) => created)) return 1 + parts.length * pagesFor(held / parts.length)
  return 1 + parts.reduce((all, inner) => all + requestsOf(inner, stretches, cutting, matching), 0)
}

/** How many records the query for a part brings. */
function heldBy({ from, to }: Slice, stretches: readonly Stretch[], matching: DateMatching): number {
  const reach = matching === 'day' ? DAY_REACH_SECONDS : 0
  const [begin, end] = [from - reach, (to ?? Number.POSITIVE_INFINITY) + reach]
  return stretches.reduce((sum, stretch) => {
    const shared = Math.min(end, stretch.to) - Math.max(begin, stretch.from)
    const length = Math.max(1, stretch.to - stretch.from)
    return sum + (stretch.count * Math.max(0, Math.min(shared, length))) / length
  }, 0)
}
