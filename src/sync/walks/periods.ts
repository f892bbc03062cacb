import { type ApiVersion, isSince } from '../../airbyte/source-config.ts'
import { scanList } from '../../intercom/answers/own-list.ts'
import type { IntercomClient } from '../../intercom/client.ts'
import { type NumberedPage, type PagePlace, readNumberedPages } from '../../intercom/endpoints/numbered-pages.ts'
import { nextPageQuery, pageCountOf, pageSizeOf } from '../../intercom/endpoints/paging.ts'
import type { IntercomRequest } from '../../intercom/request.ts'
import type { ScannedAnswer } from '../../intercom/text/record-scanner.ts'
import type { PeriodTraits } from '../../streams/entries/stream-traits.ts'
import type { StreamEntry } from '../../streams/table.ts'
import type { RecheckLimit } from '../completion/patience.ts'
import { EVERYTHING, type Row, readRow } from '../pages/search-pages.ts'
import type { Slice } from '../state/slice.ts'

/** Where a log is asked for. */
export interface PeriodEndpoint {
  client: IntercomClient
  entry: StreamEntry
  traits: PeriodTraits
  version: ApiVersion
  /** Shared by all periods: pages that are never full, for a reason of Intercom's own, are not read twice for ever. */
  recheckLimit: RecheckLimit
}

export interface PeriodPage {
  answer: ScannedAnswer
  rows: Row[]
  /** The period has been read to its end. */
  last: boolean
  /** Records that Intercom has in the period and never gave, however often it was asked; with the last page. */
  missed?: number
  /** Pages stayed short although others followed, in both readings of the period; with the last page. */
  isShort?: true
}

/** The largest page of the POST form; the other takes no size. */
const PER_PAGE = 250
/** A period whose pages overlap is read so often. */
const MOST_PASSES = 20
/** Whether the bounds themselves are taken in is not documented: they are asked wider, and what comes is filtered. */
const SLACK_SECONDS = 1

/** Cuts [from, to) into periods of `step` seconds. */
export function cutIntoPeriods(from: number, to: number, step: number): Slice[] {
  const periods: Slice[] = []
  for (let start = from; start < to; start += step)
    periods.push({ from: start, to: Math.min(start + step, to), done: false })
  return periods
}

/**
 * Reads a period page by page. It is closed, so what is added to it late moves records to later pages only: they come
 * again, and none is passed over. Records of one second, however, may change places between two requests: when one
 * comes twice another may not have come at all, so the period is read again until nothing is missed. It is read again once
 * when a page was short, too.
 *
 * @throws CodedError `intercom_loop` when a page brings nothing new and says that there is more
 */
export async function* readPeriod(
  endpoint: PeriodEndpoint,
  period: Slice,
  tries: number | undefined,
): AsyncGenerator<PeriodPage, void, void> {
  const { recheckLimit } = endpoint
  const mayRecheck = !recheckLimit.isReached()
  const met = new Set<string>()
  for (let pass = 1; ; pass++) {
    const metBefore = met.size
    let given = 0
    let isShort = false
    for await (const { answer, rows, next, ...page } of pagesOf(endpoint, period, tries)) {
      isShort ||= mayRecheck && isShortPage({ rows, next, ...page })
      given += rows.length
      for (const row of rows) met.add(row.id)
      const missed = Math.max(0, given - met.size)
      // The log is not counted: what a short page has left out, only another reading can tell.
      const isWhole = missed === 0 && (!isShort || pass > 1)
      const last = next === undefined && (isWhole || pass === MOST_PASSES)
      yield { answer, rows, last, ...(last && isShort && { isShort }), ...(last && missed > 0 && { missed }) }
      if (!last) continue
      if (pass > 1 && met.size > metBefore) recheckLimit.paid()
      else if (isShort) recheckLimit.wasted()
      return
    }
  }
}

/** Every page once. One that seems to lack something is asked for once more, and then believed. */
function pagesOf(endpoint: PeriodEndpoint, period: Slice, tries: number | undefined): AsyncGenerator<Page, void, void> {
  async function ask(place: PagePlace): Promise<Page> {
    const page = await askPeriodPage(endpoint, period, place, tries)
    return seemsShort(page) ? fuller(page, await askPeriodPage(endpoint, period, place, tries)) : page
  }
  const first = { page: '1' }
  return readNumberedPages({ path: endpoint.entry.path, first, ask, emptyPage: 'skip', progress: 'new records' })
}

/** A page as it came. */
interface Page extends Pick<PeriodPage, 'answer' | 'rows'>, NumberedPage {
  /** Rows that a full page holds, as far as Intercom says. */
  size: number | undefined
  /** Pages of the period, as far as Intercom says. */
  pages: number | undefined
}

/** Whether a page is short, or empty, or is full and the last one all the same. */
function seemsShort(page: Page): boolean {
  const { rows, next, size } = page
  return isShortPage(page) || rows.length === 0 || (next === undefined && rows.length === size)
}

/** Whether a page holds fewer rows than it has room for although more follow. */
function isShortPage({ rows, next, size = 1 }: Pick<Page, 'rows' | 'next' | 'size'>): boolean {
  return next !== undefined && rows.length < size
}

/** Of two answers for one page the one that holds more, or that says that more follows. */
function fuller(first: Page, second: Page): Page {
  if (first.rows.length !== second.rows.length) return first.rows.length > second.rows.length ? first : second
  return second.next === undefined ? first : second
}

/** Asks for one page of a period. */
export function askPeriodPage(
  { client, entry, traits, version }: PeriodEndpoint,
  period: Slice,
  place: PagePlace,
  tries: number | undefined,
): Promise<Page> {
  const request = isSince(version, traits.search.since)
    ? searchRequest(traits.search.path, period, place)
    : listRequest(entry.path, period, place)
  return client.ask({ ...request, version, ...(tries && { tries }) }, ({ body }) => {
    const answer = scanList(body, { recordsPath: entry.recordsPath, members: ['id', 'created_at'] }, request.path)
    const rows = answer.records.map((record) => readRow(body, record, request.path, EVERYTHING, entry.cursor))
    const pages = answer.envelope('pages')
    const page = nextPageQuery(pages)?.page
    const next = page === undefined ? undefined : { page }
    const keys = rows.map(({ id }) => id)
    return { answer, rows, keys, next, size: pageSizeOf(pages), pages: pageCountOf(pages) }
  })
}

type UnversionedRequest = Omit<IntercomRequest, 'version'>

function searchRequest(path: string, period: Slice, { page }: PagePlace): UnversionedRequest {
  const { after, before } = bounds(period)
  return {
    method: 'POST',
    path,
    body: { created_at_after: after, created_at_before: before, page: Number(page), per_page: PER_PAGE },
  }
}

function listRequest(path: string, period: Slice, place: PagePlace): UnversionedRequest {
  const { after, before } = bounds(period)
  const query = { created_at_after: String(after), created_at_before: String(before), ...place }
  return { method: 'GET', path, query }
}

function bounds({ from, to }: Slice): { after: number; before: number } {
  return { after: Math.max(0, from - SLACK_SECONDS), before: (to ?? from) + SLACK_SECONDS }
}
