import type { SortOrder } from '../intercom/search-query.ts'
import { mayBeOfRecords } from './narrowing.ts'
import type { PageRequest, SearchEndpoint, SearchPage } from './search-pages.ts'
import { askPage } from './search-pages.ts'
import { type Slice, takenOf } from './slice.ts'

/** Records per slice to aim at: never so few that counting costs more than it saves, never so many that one lane lags. */
const FEWEST_RECORDS = 3_000
const MOST_RECORDS = 20_000
const LANES_AIMED_AT = 16
/** Narrowest slices. By calendar day every slice reads two days of its neighbours on each side. */
export const NARROWEST_SECONDS = { second: 1, day: 8 * 86_400 }
/** Intercom was founded in 2011; nothing in it was created before. */
const EARLIEST_CREATION = 1_293_840_000

interface Counted {
  from: number
  to: number
  count: number
}

/** What a first look at a search tells. */
export interface Survey {
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

/** Nothing was updated after this (2100-01-01), Unix seconds. */
const NEVER = 4_102_444_800

/**
 * Makes sure that a search works, whatever fails over single records.
 *
 * @throws CodedError `intercom_unavailable`
 */
export function confirmSearch(endpoint: SearchEndpoint): Promise<SearchPage> {
  return askPage(endpoint, { updated: { from: NEVER, to: null }, order: 'ascending', perPage: 1 })
}

/**
 * Cuts [lower, frozen) into slices of about equal numbers of records that can be read side by side, by asking Intercom
 * for counts. A stretch too short to be cut by time of update (a bulk edit) is cut by time of creation.
 *
 * @param recordsPerSlice how many to aim at @defaultValue a share of what there is
 */
export async function cutIntoSlices(
  endpoint: SearchEndpoint,
  range: { lower: number; frozen: number },
  { total, oldest }: Survey,
  recordsPerSlice?: number,
): Promise<Slice[]> {
  const { lower, frozen } = range
  if (total === 0 || frozen <= lower) return []
  if (total === undefined) return [{ from: lower, to: frozen, done: false }]
  const usual = Math.min(Math.max(Math.ceil(total / LANES_AIMED_AT), FEWEST_RECORDS), MOST_RECORDS)
  const target = recordsPerSlice ?? usual
  const narrowest = NARROWEST_SECONDS[endpoint.matching]
  const first = Math.min(Math.max(oldest ?? lower, lower), frozen - 1)

  const byUpdate = await cut({ from: first, to: frozen, count: total }, target, narrowest, (updated) =>
    countRecords(endpoint, { updated }),
  )
  const slices: Slice[] = []
  for (const [index, part] of byUpdate.entries()) {
    const bounds = { from: index === 0 ? lower : part.from, to: part.to }
    if (part.count <= 2 * target) slices.push({ ...bounds, done: false, most: part.count })
    else
      slices.push(...(await cutByCreation(endpoint, bounds, { ...part, from: EARLIEST_CREATION }, target, narrowest)))
  }
  return slices
}

async function cutByCreation(
  endpoint: SearchEndpoint,
  bounds: { from: number; to: number },
  creation: Counted,
  target: number,
  narrowest: number,
): Promise<Slice[]> {
  const parts = await cut(creation, target, narrowest, (created) =>
    countRecords(endpoint, { updated: bounds, created }),
  )
  // The outer bounds are left open, so that a record created outside of all reason is somebody's, too.
  return parts.map(({ from, to, count }, index) => ({
    ...bounds,
    created: { from: index === 0 ? null : from, to: index === parts.length - 1 ? null : to },
    done: false,
    most: count,
  }))
}

/**
 * One request whose answer counts records; the other end of the range is tried when the record at this end cannot be had.
 *
 * @returns undefined when both cannot
 */
async function askCount(
  endpoint: SearchEndpoint,
  ranges: Pick<PageRequest, 'updated' | 'created'>,
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

/** @returns undefined when Intercom cannot say */
export async function countRecords(
  endpoint: SearchEndpoint,
  ranges: Pick<PageRequest, 'updated' | 'created'>,
): Promise<number | undefined> {
  const page = await askCount(endpoint, ranges)
  return page && countOf(page)
}

/** A count below what came with it is wrong: taken at its word, it would leave records out. */
function countOf({ total, rows }: SearchPage): number {
  return Math.max(total ?? 0, rows.length)
}

/** Halves a range until each part holds about `target` records or is too narrow, then joins small neighbours. */
async function cut(
  range: Counted,
  target: number,
  narrowest: number,
  count: (range: { from: number; to: number }) => Promise<number | undefined>,
): Promise<Counted[]> {
  const halve = async (part: Counted): Promise<Counted[]> => {
    if (part.count <= target || part.to - part.from < 2 * narrowest) return [part]
    const middle = Math.floor((part.from + part.to) / 2)
    const counted = await count({ from: part.from, to: middle })
    if (counted === undefined) return [part]
    const left = { from: part.from, to: middle, count: counted }
    const right = { from: middle, to: part.to, count: Math.max(0, part.count - left.count) }
    return (await Promise.all([halve(left), halve(right)])).flat()
  }
  const joined: Counted[] = []
  for (const part of await halve(range)) {
    const previous = joined.at(-1)
    if (previous && previous.count + part.count <= target) {
      previous.to = part.to
      previous.count += part.count
    } else joined.push({ ...part })
  }
  return joined
}

/**
 * Whether all but one of the records between two places from which reading failed are known: then nothing is won by
 * halving the stretch. By calendar day counts take in too much to tell.
 */
export async function holdsOneRecord(endpoint: SearchEndpoint, rest: Slice): Promise<boolean> {
  if (!rest.flipped || endpoint.matching === 'day') return false
  const to = rest.at === undefined ? rest.to : rest.at + 1
  const count = await countRecords(endpoint, {
    updated: { from: rest.from, to },
    ...(rest.created && { created: rest.created }),
  })
  return count !== undefined && count <= takenOf(rest).size + 1
}
