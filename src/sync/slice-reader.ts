import { CodedError } from '../errors.ts'
import { RefusedError } from '../intercom/failures.ts'
import { type DateMatching, LARGEST_PAGE, type SortOrder, type TimeRange } from '../intercom/search-query.ts'
import { mayBeOfRecords, UnreadablePageError } from './narrowing.ts'
import { createPageSize } from './page-size.ts'
import { askPage, type Row, type SearchEndpoint, type SearchPage } from './search-pages.ts'
import { advance, type Slice } from './slice.ts'

/** A page of a slice, in the order of reading. */
export interface SlicePage extends Pick<SearchPage, 'answer' | 'rows' | 'after' | 'total'> {
  /** The slice is read to its end with this page. */
  last: boolean
  /** Set on pages asked again: rows before this second (after it, when descending) have been delivered. */
  again?: number
  /** With the last page of a slice that was read from its beginning. */
  counts?: SliceCounts
}

/** How much of a slice came, and the smallest count that Intercom gave of it meanwhile. */
export interface SliceCounts {
  received: number
  expected: number
  /** It was read twice, since the first time fewer came. */
  twice: boolean
}

/** Another size than the largest, to get over page borders where records fell between two pages. */
const OTHER_PAGE = 100
/** Tries of a page that may fail for its records, and that can be asked in another way. */
const FEW_TRIES = 2
/** Records that may be asked for beyond twice the largest `total_count`. */
const RECORDS_ALLOWED = 10 * LARGEST_PAGE

/**
 * Reads a slice page by page from where it stands. Works from a copy: the slice itself moves when pages are taken.
 *
 * @throws CodedError `intercom_loop` when paging leads in circles twice; UnreadablePageError
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
  const countsOf = (twice: boolean) =>
    expected === undefined ? {} : { counts: { received: received.size, expected, twice } }

  for await (const page of readToEnd(endpoint, start, order, LARGEST_PAGE)) {
    count(page)
    if (!page.last) yield page
    else if (received.size >= (expected ?? 0)) yield { ...page, ...countsOf(false) }
    else {
      // Fewer came than Intercom counted: read once more, delivering only what did not come the first time.
      yield { ...page, last: false }
      yield* readAgain(page)
    }
  }

  async function* readAgain(first: SlicePage): AsyncGenerator<SlicePage, void, void> {
    try {
      for await (const page of readToEnd(endpoint, start, order, OTHER_PAGE)) {
        const rows = page.rows.filter((row) => !received.has(row.id))
        count(page)
        yield { ...page, rows, after: undefined, ...(page.last && countsOf(true)) }
      }
    } catch (error) {
      if (!(error instanceof UnreadablePageError)) throw error
      // All that Intercom gave the first time has been delivered.
      yield { ...first, rows: [], ...countsOf(true) }
    }
  }
}

/** @throws UnreadablePageError when not even a page of one record can be had */
async function* readToEnd(
  endpoint: SearchEndpoint,
  slice: Slice,
  order: SortOrder,
  largestPage: number,
): AsyncGenerator<SlicePage, void, void> {
  /** The slice as it stands once every page that has been yielded is taken. */
  const reached = structuredClone(slice)
  // What is cut off around a bad place begins with small pages: the place may be near.
  const isCutOff = slice.flipped || slice.skip !== undefined
  const size = createPageSize(largestPage, isCutOff ? 'smallest' : 'largest')
  let { after } = slice
  let again = after === undefined ? slice.at : undefined
  let hasCircled = false
  let refusedAt: number | 'nowhere' | undefined = 'nowhere'
  let guard = createLoopGuard()
  /** Goes back to the second that reading has come to. */
  const restart = () => {
    again = reached.at
    after = undefined
    guard = createLoopGuard()
  }

  for (;;) {
    const perPage = size.current()
    let page: SearchPage
    try {
      const updated = rangeToAsk(slice, order, again, endpoint.matching)
      const created = slice.created && { created: slice.created }
      page = await askPage(endpoint, {
        updated,
        ...created,
        order,
        perPage,
        after,
        ...((perPage > 1 || isCutOff) && { tries: FEW_TRIES }),
      })
    } catch (error) {
      const cursorRefused =
        error instanceof RefusedError && after !== undefined && [400, 404].includes(error.failure.status)
      // Without its cursor reading gets on by whole seconds: as long as it does, cursors may be refused.
      if (cursorRefused && refusedAt !== reached.at) {
        refusedAt = reached.at
        restart()
        continue
      }
      if (!mayBeOfRecords(error)) throw error
      if (!size.shrink()) throw new UnreadablePageError(error, reached)
      continue
    }
    size.grow()
    if (guard.leadsInCircles(page, perPage)) {
      if (hasCircled) throw new CodedError('intercom_loop', `Paging through ${endpoint.entry.path} leads in circles`)
      hasCircled = true
      restart()
      continue
    }
    const last = page.after === undefined || (order === 'descending' && reachesBefore(page.rows, slice))
    const slicePage = { ...page, last, ...(again !== undefined && { again }) }
    yield slicePage
    if (last) return
    advance(reached, slicePage, order)
    after = page.after
  }
}

/** Tells when paging does not come to an end: a cursor or a page that comes again, or growth far past the count. */
function createLoopGuard(): { leadsInCircles(page: SearchPage, perPage: number): boolean } {
  const cursors = new Set<string>()
  let previous = ''
  let asked = 0
  let largestTotal = 0
  return {
    leadsInCircles({ rows, after, total }, perPage) {
      if (after === undefined) return false
      const content = rows.map((row) => row.id).join()
      const repeated = cursors.has(after) || (content !== '' && content === previous)
      cursors.add(after)
      previous = content
      asked += perPage
      largestTotal = Math.max(largestTotal, total ?? 0)
      const endless = largestTotal > 0 && asked > 2 * largestTotal + RECORDS_ALLOWED
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
