import { CodedError } from '../errors.ts'
import { RefusedError } from '../intercom/failures.ts'
import { type DateMatching, LARGEST_PAGE, type SortOrder, type TimeRange } from '../intercom/search-query.ts'
import { askPage, type Row, type SearchEndpoint, type SearchPage } from './search-pages.ts'
import { reachedSecond, type Slice } from './slice.ts'

/** A page of a slice, in the order of reading. */
export interface SlicePage extends Pick<SearchPage, 'answer' | 'rows' | 'after' | 'total'> {
  /** The slice is read to its end with this page. */
  last: boolean
  /** Set on pages asked again: rows before this second (after it, when descending) have been delivered. */
  again?: number
  /** The slice held fewer records than Intercom counted, twice. */
  short?: { received: number; expected: number }
}

/** Another size than the largest, to get over page borders where records fell between two pages. */
const OTHER_PAGE = 100
/** Pages allowed beyond twice what the largest `total_count` calls for. */
const PAGES_ALLOWED = 10

/**
 * Reads a slice page by page from where it stands. Works from a copy: the slice itself moves when pages are taken.
 *
 * @throws CodedError `intercom_loop` when paging leads in circles twice
 */
export async function* readSlice(
  endpoint: SearchEndpoint,
  slice: Slice,
  order: SortOrder,
): AsyncGenerator<SlicePage, void, void> {
  const start = structuredClone(slice)
  const counted = start.at === undefined && start.to !== null && order === 'ascending'
  const received = new Set<string>()
  let expected: number | undefined
  const count = (page: SlicePage) => {
    if (!counted) return
    for (const row of page.rows) received.add(row.id)
    expected = page.total === undefined ? expected : Math.min(expected ?? page.total, page.total)
  }
  /** What the slice should have held, when it ends with less. */
  const shortOf = (page: SlicePage) => (page.last && received.size < (expected ?? 0) ? expected : undefined)

  for await (const page of readToEnd(endpoint, start, order, LARGEST_PAGE)) {
    count(page)
    if (shortOf(page) === undefined) {
      yield page
      continue
    }
    // Fewer came than Intercom counts: read once more, delivering only what did not come the first time.
    yield { ...page, last: false }
    for await (const second of readToEnd(endpoint, start, order, OTHER_PAGE)) {
      const rows = second.rows.filter((row) => !received.has(row.id))
      count(second)
      const due = shortOf(second)
      yield {
        ...second,
        rows,
        after: undefined,
        ...(due !== undefined && { short: { received: received.size, expected: due } }),
      }
    }
  }
}

async function* readToEnd(
  endpoint: SearchEndpoint,
  slice: Slice,
  order: SortOrder,
  perPage: number,
): AsyncGenerator<SlicePage, void, void> {
  let { after, at } = slice
  let again = after === undefined ? at : undefined
  let hasCircled = false
  let refusedAt: number | 'nowhere' | undefined = 'nowhere'
  let guard = createLoopGuard(perPage)
  /** Goes back to the second that reading has come to. */
  const restart = () => {
    again = at
    after = undefined
    guard = createLoopGuard(perPage)
  }

  for (;;) {
    let page: SearchPage
    try {
      const updated = rangeToAsk(slice, order, again, endpoint.matching)
      page = await askPage(endpoint, {
        updated,
        ...(slice.created && { created: slice.created }),
        order,
        perPage,
        after,
      })
    } catch (error) {
      const cursorRefused =
        error instanceof RefusedError && after !== undefined && [400, 404].includes(error.failure.status)
      // Without its cursor reading gets on by whole seconds: as long as it does, cursors may be refused.
      if (!cursorRefused || refusedAt === at) throw error
      refusedAt = at
      restart()
      continue
    }
    if (guard.leadsInCircles(page)) {
      if (hasCircled) throw new CodedError('intercom_loop', `Paging through ${endpoint.entry.path} leads in circles`)
      hasCircled = true
      restart()
      continue
    }
    const last = page.after === undefined || (order === 'descending' && reachesBefore(page.rows, slice))
    yield { ...page, last, ...(again !== undefined && { again }) }
    if (last) return
    at = reachedSecond(page.rows, { ...slice, ...(at !== undefined && { at }) }, order)
    after = page.after
  }
}

/** Tells when paging does not come to an end: a cursor or a page that comes again, or growth far past the count. */
function createLoopGuard(perPage: number): { leadsInCircles(page: SearchPage): boolean } {
  const cursors = new Set<string>()
  let previous = ''
  let pages = 0
  let largestTotal = 0
  return {
    leadsInCircles({ rows, after, total }) {
      if (after === undefined) return false
      const content = rows.map((row) => row.id).join()
      const repeated = cursors.has(after) || (content !== '' && content === previous)
      cursors.add(after)
      previous = content
      pages++
      largestTotal = Math.max(largestTotal, total ?? 0)
      const endless = largestTotal > 0 && pages > 2 * Math.ceil(largestTotal / perPage) + PAGES_ALLOWED
      return repeated || endless
    },
  }
}

/**
 * What to ask for. Descending by calendar day needs no upper bound: reading starts at the newest record, and what is
 * too young is filtered out.
 */
function rangeToAsk(slice: Slice, order: SortOrder, again: number | undefined, matching: DateMatching): TimeRange {
  if (order === 'ascending') return { from: Math.max(slice.from, again ?? slice.from), to: slice.to }
  if (again !== undefined) return { from: slice.from, to: again + 1 }
  return { from: slice.from, to: matching === 'day' ? null : slice.to }
}

/** Whether a descending page ends with a record older than the slice; one further up has a broken time. */
function reachesBefore(rows: readonly Row[], slice: Slice): boolean {
  const last = rows.findLast((row) => row.updatedAt !== undefined)
  return (last?.updatedAt ?? slice.from) < slice.from
}
