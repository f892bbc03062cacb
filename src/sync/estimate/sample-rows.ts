import { LARGEST_PAGE } from '../../intercom/endpoints/search-query.ts'
import type { ScannedAnswer } from '../../intercom/text/record-scanner.ts'
import { askPage, type Row, rangeToAsk, type SearchPage, type SearchPageRequest } from '../pages/search-pages.ts'
import type { SearchSurvey } from '../walks/search/search-start.ts'

/** A record that has been looked at. */
export interface SampleRow {
  answer: ScannedAnswer
  row: Row
}

/** Some of a search's records. */
export interface Sample {
  rows: SampleRow[]
  /** These are all the records that the walk will read. */
  isWhole: boolean
}

/** A sample is at most so many pages, the first look included. */
const MOST_PAGES = 3

/**
 * All records of a search when they are few. Otherwise, if asked for, some of the oldest, of the newest and of those in
 * between, because old records look different from new ones.
 *
 * @param first the walk's first page
 * @param isWanted whether more than the first page is worth a request
 */
export async function sampleRows(look: SearchSurvey, first: SearchPage, isWanted: boolean): Promise<Sample> {
  if (look.underWay) return { rows: rowsOf(first), isWhole: false }
  if (isEnd(look, first)) return { rows: rowsOf(first), isWhole: true }
  if (!isWanted) return { rows: rowsOf(first), isWhole: false }
  const isSmall = (first.total ?? Number.POSITIVE_INFINITY) <= MOST_PAGES * LARGEST_PAGE
  return isSmall ? readOn(look, first) : sampleSpread(look, first)
}

/** Whether reading ends with this page. */
function isEnd({ order, whole }: SearchSurvey, { after, rows }: SearchPage): boolean {
  const last = rows.findLast(({ updatedAt }) => updatedAt !== undefined)?.updatedAt
  return after === undefined || (order === 'descending' && last !== undefined && last < whole.from)
}

async function readOn(look: SearchSurvey, first: SearchPage): Promise<Sample> {
  const { endpoint, whole, order } = look
  const updated = rangeToAsk(whole, order, undefined, endpoint.matching)
  const pages = [first]
  for (let page = first; !isEnd(look, page) && pages.length < MOST_PAGES; pages.push(page))
    page = await askPage(endpoint, { updated, order, perPage: LARGEST_PAGE, after: page.after })
  const last = pages.at(-1) ?? first
  return { rows: pages.flatMap(rowsOf), isWhole: isEnd(look, last) }
}

async function sampleSpread({ endpoint, whole, order, seen }: SearchSurvey, first: SearchPage): Promise<Sample> {
  const middle = Math.floor((Math.max(whole.from, seen.oldest ?? whole.from) + whole.to) / 2)
  const others: Pick<SearchPageRequest, 'updated' | 'order'>[] = [
    { updated: { from: middle, to: whole.to }, order: 'ascending' },
    { updated: { from: whole.from, to: whole.to }, order: order === 'ascending' ? 'descending' : 'ascending' },
  ]
  const pages = await Promise.all(others.map((page) => askPage(endpoint, { ...page, perPage: LARGEST_PAGE })))
  const distinct = new Map([first, ...pages].flatMap(rowsOf).map((sampled) => [sampled.row.id, sampled]))
  return { rows: [...distinct.values()], isWhole: false }
}

function rowsOf({ answer, rows }: SearchPage): SampleRow[] {
  return rows.map((row) => ({ answer, row }))
}
