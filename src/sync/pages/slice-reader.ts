import { CodedError } from '../../errors.ts'
import { RefusedError } from '../../intercom/answers/failures.ts'
import { LARGEST_PAGE, type SortOrder } from '../../intercom/endpoints/search-query.ts'
import { searchPathOf } from '../../streams/table.ts'
import type { Slice } from '../state/slice.ts'
import { createLoopGuard } from './loop-guard.ts'
import { mayBeOfRecords, UnreadablePageError } from './narrowing.ts'
import type { PageEnd } from './page-end.ts'
import { createPageSize } from './page-size.ts'
import {
  askPage,
  FEW_TRIES,
  fullerOf,
  type HeldPage,
  isShortPage,
  type Row,
  rangeToAsk,
  type SearchEndpoint,
  type SearchPage,
} from './search-pages.ts'
import { createSliceCount, type SliceCount } from './slice-count.ts'
import { advance } from './slice-progress.ts'

/** A page of a slice, in the order of reading. */
export interface SlicePage extends Pick<SearchPage, 'answer' | 'rows' | 'after' | 'total'>, PageEnd {
  rows: Row[]
  /** Newest first, reading ends with the first record that is older than the slice. */
  stoppedEarly: boolean
  /** The page is of the second reading of the slice. */
  reread?: true
  /** Set on pages requested again: everything before this second (after it, when descending) has come already. */
  again?: number
  /** Like `again`, where an attempt continued with a cursor: the place that the attempt before had reached. */
  resumedAt?: number
  /** Set on the last page of a slice that was read to its end. */
  counts?: SliceCounts
}

/** How many records of a slice came, and the smallest count that Intercom gave for it meanwhile. */
export interface SliceCounts {
  received: number
  expected: number
  /** Even after two readings fewer records came than Intercom counts, or a page was short both times. */
  isShort: boolean
  /** Reading stopped before the slice's end, so the figures say nothing. */
  stoppedEarly: boolean
}

/** A size other than the largest. It moves the page borders, in case records fell between two pages. */
const OTHER_PAGE = 100

/**
 * Reads a slice page by page from where it stands, and once more from its beginning when fewer records came than
 * Intercom counts. Works from a copy: the slice itself moves when pages are taken.
 *
 * @param settledTo see `reachedSecond`
 * @param held the slice's first page, if it has come already
 * @throws CodedError `intercom_loop` when paging leads in circles twice; UnreadablePageError
 */
export async function* readSlice(
  endpoint: SearchEndpoint,
  slice: Slice,
  order: SortOrder,
  settledTo: number,
  held?: HeldPage,
): AsyncGenerator<SlicePage, void, void> {
  const start = structuredClone(slice)
  const count = createSliceCount(start, order)
  const reading = { endpoint, order, settledTo, count, held }
  for await (const page of readToEnd(reading, start)) {
    const isShort = page.last && seemsIncomplete(page, count)
    if (!isShort || start.reread) yield { ...page, ...(page.last && countsOf(start, order, count, isShort, page)) }
    else {
      yield { ...page, last: false, startsOver: true }
      yield* readAgain(reading, { ...fromBeginning(start), reread: true }, page)
    }
  }
}

function fromBeginning({ from, to, created, only, skip, flipped }: Slice): Slice {
  return {
    from,
    to,
    done: false,
    ...(created && { created }),
    ...(only && { only }),
    ...(skip && { skip }),
    ...(flipped && { flipped }),
  }
}

/** The second reading, in pages of another size, gives only the records that the first did not. */
async function* readAgain(
  reading: SliceReading,
  slice: Slice,
  lastOfFirst: SlicePage,
): AsyncGenerator<SlicePage, void, void> {
  const { count: both, order } = reading
  const own = createSliceCount({ ...slice, ...expectation(both) }, order)
  try {
    for await (const page of readToEnd({ ...reading, count: own, held: undefined }, slice)) {
      const rows = page.rows.filter((row) => !both.has(row))
      both.add(page, page.again === undefined)
      const isShort = page.last && seemsIncomplete(page, own) && (own.hasShortPage() || both.isShort())
      // If an earlier job has read part of it, `both` knows only how many records that part had.
      const fuller = own.received() > both.received() ? own : both
      yield { ...page, rows, ...(page.last && countsOf(slice, order, fuller, isShort, page)) }
    }
  } catch (error) {
    if (!(error instanceof UnreadablePageError)) throw error
    // Everything that Intercom gave the first time has been delivered.
    yield { ...lastOfFirst, rows: [], ...countsOf(slice, order, both, true, lastOfFirst) }
  }
}

/** What to report about a slice that has been read to its end. For one that reading left early, nothing. */
function countsOf(
  { to }: Slice,
  order: SortOrder,
  count: SliceCount,
  isShort: boolean,
  { stoppedEarly }: Pick<SlicePage, 'stoppedEarly'>,
): { counts: SliceCounts } | undefined {
  const isBounded = to !== null && order === 'ascending'
  if (!(isBounded || isShort)) return undefined
  // For a slice that reading left early, no figure is reported.
  const expected = count.expected() ?? (stoppedEarly ? 0 : undefined)
  if (expected === undefined) return undefined
  return { counts: { received: count.received(), expected, isShort, stoppedEarly } }
}

function expectation(count: SliceCount): Pick<Slice, 'expected' | 'most'> {
  const [expected, most] = [count.expected(), count.most()]
  return { ...(expected !== undefined && { expected }), ...(most !== undefined && { most }) }
}

/** What all pages of one reading have in common. */
interface SliceReading {
  endpoint: SearchEndpoint
  order: SortOrder
  settledTo: number
  count: SliceCount
  held?: HeldPage | undefined
}

/** @throws UnreadablePageError when not even a page of one record can be read */
async function* readToEnd(reading: SliceReading, slice: Slice): AsyncGenerator<SlicePage, void, void> {
  const { endpoint, order, settledTo, count } = reading
  let { held } = reading
  /** The slice as it will be once every page yielded so far is taken. */
  const reached = structuredClone(slice)
  // A part cut off around a bad place begins with small pages, because the place may be near.
  const isCutOff = slice.flipped || slice.skip !== undefined
  const size = createPageSize(slice.reread ? OTHER_PAGE : LARGEST_PAGE, isCutOff ? 'smallest' : 'largest')
  let { after } = slice
  let again = after === undefined ? slice.at : undefined
  // An earlier attempt's cursor may come from a reading that had gone back, and lead to pages already taken.
  const resumedAt = after === undefined ? undefined : slice.at
  let hasCircled = false
  let refusedAt: number | 'nowhere' | undefined = 'nowhere'
  let guard = createLoopGuard()
  /** Goes back to the second that reading has reached. */
  const restart = () => {
    again = reached.at
    after = undefined
    guard = createLoopGuard()
    count.restart()
  }

  for (;;) {
    const perPage = size.current()
    let page: SearchPage
    try {
      const request = {
        updated: rangeToAsk(slice, order, again, endpoint.matching),
        ...(slice.created && { created: slice.created }),
        order,
        perPage,
        after,
        ...((perPage > 1 || isCutOff) && { tries: FEW_TRIES }),
      }
      page = held?.page ?? (await askPage(endpoint, request))
      // A page that seems to lack something is requested once more. Then we trust it: records may have moved away.
      if (seemsShort(page, order, slice, count)) page = fullerOf(page, await askPage(endpoint, request))
      if (isShortPage(page)) count.addShortPage()
    } catch (error) {
      const cursorRefused =
        error instanceof RefusedError && after !== undefined && [400, 404].includes(error.failure.status)
      // Without its cursor, reading advances by whole seconds. As long as it advances, cursors may be refused.
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
    if (guard.leadsInCircles(page)) {
      if (hasCircled)
        throw new CodedError('intercom_loop', `Paging through ${searchPathOf(endpoint.entry)} leads in circles`)
      hasCircled = true
      restart()
      continue
    }
    count.add(page, again === undefined)
    const stoppedEarly = hasPassed(page, order, slice)
    const slicePage: SlicePage = {
      ...page,
      last: page.after === undefined || stoppedEarly || held?.isLast === true,
      stoppedEarly,
      received: count.received(),
      ...(count.hasShortPage() && { shortPage: true }),
      ...expectation(count),
      ...(slice.reread && { reread: true }),
      ...(again !== undefined && { again }),
      ...(resumedAt !== undefined && { resumedAt }),
    }
    held = undefined
    yield slicePage
    if (slicePage.last) return
    advance(reached, slicePage, order, settledTo)
    after = page.after
  }
}

/**
 * Whether records of a slice that ends with this page are missing. When a short page leaves records out, the count may
 * still match, because as many new ones came meanwhile. If reading left the slice early, the count says nothing at all.
 */
function seemsIncomplete({ stoppedEarly }: SlicePage, count: SliceCount): boolean {
  return count.hasShortPage() || (!stoppedEarly && count.isShort())
}

/** Whether a page is not full although more follow, or whether the last page leaves fewer records than were counted. */
function seemsShort(page: SearchPage, order: SortOrder, slice: Slice, count: SliceCount): boolean {
  if (page.after !== undefined) return isShortPage(page)
  // A bounded slice was cut because records were counted in it, or could not be read: an empty first page is suspicious.
  if (page.rows.length === 0 && slice.to !== null && count.received() === 0) return true
  return !hasPassed(page, order, slice) && count.wouldLackSome(page)
}

/** Whether a descending page ends with a record older than the slice; one further up has a broken time. */
function hasPassed({ rows }: SearchPage, order: SortOrder, { from }: Slice): boolean {
  const last = rows.findLast((row) => row.updatedAt !== undefined)
  return order === 'descending' && (last?.updatedAt ?? from) < from
}
