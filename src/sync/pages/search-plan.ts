import type { SortOrder } from '../../intercom/endpoints/search-query.ts'
import { type Slice, takenOf } from '../state/slice.ts'
import { mayBeOfRecords } from './narrowing.ts'
import type { SearchEndpoint, SearchPage, SearchPageRequest } from './search-pages.ts'
import { askPage, firstPageOf } from './search-pages.ts'

/** The narrowest slices. By calendar day every slice also reads two days of its neighbours on each side. */
export const NARROWEST_SECONDS = { second: 1, day: 8 * 86_400 }
/** The result of a first look at a search. */
export interface Survey {
  /** The first page of the walk's slice, if this look has brought it. */
  page?: SearchPage
  /** How many records Intercom counts from the lower bound on; undefined when it cannot say. */
  total: number | undefined
  /** When the oldest of them was updated, Unix seconds. */
  oldest: number | undefined
  /** The version Intercom says it used. */
  version: string | undefined
}

/** One request: counts the records updated since `lower` and looks at the oldest. */
export async function survey(endpoint: SearchEndpoint, lower: number): Promise<Survey> {
  const updated = { from: lower, to: null }
  const page = await askCount(endpoint, { updated })
  if (!page) return { total: undefined, oldest: undefined, version: (await confirmSearch(endpoint)).version }
  const oldest = page.order === 'ascending' ? page.rows[0]?.updatedAt : undefined
  return { total: countOf(page), oldest, version: page.version }
}

/**
 * The first look as the first page of a slice, which is the first count as well.
 *
 * @returns undefined when the page cannot be read, maybe for its records
 */
export async function lookAtFirstPage(
  endpoint: SearchEndpoint,
  slice: Slice,
  order: SortOrder,
): Promise<Survey | undefined> {
  const page = await askFirstPage(endpoint, slice, order)
  if (!page) return undefined
  const oldest = order === 'ascending' ? page.rows[0]?.updatedAt : undefined
  return { page, total: countOf(page), oldest, version: page.version }
}

/** The first page of a slice that nobody has begun. @returns undefined when it cannot be read, maybe for its records */
export async function askFirstPage(
  endpoint: SearchEndpoint,
  slice: Slice,
  order: SortOrder,
): Promise<SearchPage | undefined> {
  try {
    return await askPage(endpoint, firstPageOf(slice, order, endpoint.matching))
  } catch (error) {
    if (!mayBeOfRecords(error)) throw error
    return undefined
  }
}

/** Nothing was updated after this (2100-01-01), Unix seconds. */
const NEVER = 4_102_444_800

/**
 * Makes sure that a search works at all, so that a failure can be blamed on single records.
 *
 * @throws CodedError `intercom_unavailable`
 */
export function confirmSearch(endpoint: SearchEndpoint): Promise<SearchPage> {
  return askPage(endpoint, { updated: { from: NEVER, to: null }, order: 'ascending', perPage: 1 })
}

/**
 * One request whose answer counts records. If the record at this end of the range cannot be read, the other end is
 * tried.
 *
 * @returns undefined when neither end can be read
 */
async function askCount(
  endpoint: SearchEndpoint,
  ranges: Pick<SearchPageRequest, 'updated' | 'created'>,
): Promise<(SearchPage & { order: SortOrder }) | undefined> {
  for (const order of ['ascending', 'descending'] as const) {
    try {
      return { ...(await askPage(endpoint, { ...ranges, order, perPage: 1 })), order }
    } catch (error) {
      if (!mayBeOfRecords(error)) throw error
    }
  }
  return undefined
}

/** One request. @returns undefined when Intercom cannot say */
export async function countRecords(
  endpoint: SearchEndpoint,
  ranges: Pick<SearchPageRequest, 'updated' | 'created'>,
): Promise<number | undefined> {
  const page = await askCount(endpoint, ranges)
  return page && countOf(page)
}

/** A count smaller than the number of rows with it is wrong. If we trusted it, records would be left out. */
function countOf({ total, rows }: SearchPage): number {
  return Math.max(total ?? 0, rows.length)
}

/**
 * Whether a stretch that could not be read from either end holds only one unknown record. Then it is pointless to halve
 * it. A count by calendar day includes too many other records to tell.
 */
export async function holdsOneRecord(endpoint: SearchEndpoint, rest: Slice): Promise<boolean> {
  if (!rest.flipped || endpoint.matching === 'day') return false
  const to = rest.at === undefined ? rest.to : rest.at + 1
  // Reading has come to these two seconds. A record taken with any other time lies elsewhere: it was newer than its
  // place.
  const ends = [rest.from, to && to - 1]
  const known = [...takenOf(rest).values()].filter((time) => ends.includes(time)).length
  const count = await countRecords(endpoint, {
    updated: { from: rest.from, to },
    ...(rest.created && { created: rest.created }),
  })
  return count !== undefined && count <= known + 1
}
