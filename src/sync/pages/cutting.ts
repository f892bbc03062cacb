import { cursorSecond } from '../../intercom/endpoints/paging.ts'
import { type DateMatching, LARGEST_PAGE, type TimeRange } from '../../intercom/endpoints/search-query.ts'
import type { Cutting } from '../state/search-state.ts'
import { isTentative, type Slice } from '../state/slice.ts'
import type { HeldPage, SearchPage } from './search-pages.ts'

/**
 * Pages per slice to aim at. Each slice costs half a page on average, because its last page is not full. So with twenty
 * pages cutting takes less than 3 % of the requests.
 */
const FEWEST_PAGES = 20
const MOST_RECORDS = 20_000
/**
 * Several for each lane that a slow Intercom needs: slices differ in size, and at the end of a walk no lane should wait
 * for long while another one still has much to read.
 */
const SLICES_AIMED_AT = 256
/** A slice is divided when it holds so many times what is aimed at. */
const TOO_MANY = 2
/** So many parts at a time. Parts that hold too much are divided again, and those that hold nothing cost a request. */
const MOST_PARTS = 8
/**
 * The narrowest parts, seconds. A query reaches further than its slice (by calendar day two days on each side), so
 * narrow neighbours read much twice.
 */
const NARROWEST_PART: Record<DateMatching, number> = { second: 60, day: 8 * 86_400 }
/** Intercom was founded in 2011; nothing in it was created before. */
const EARLIEST_CREATION = 1_293_840_000

/** The parts of a slice, and pages of them that have come already. */
interface Division {
  parts: Slice[]
  held: ReadonlyMap<Slice, HeldPage>
}

/**
 * How a walk that holds so many records is cut.
 *
 * @param perPage how many records Intercom puts on a page @defaultValue as many as we ask for
 * @param recordsPerSlice how many to aim at @defaultValue by the total
 */
export function cuttingFor(
  total: number,
  oldest: number,
  {
    perPage = LARGEST_PAGE,
    recordsPerSlice,
  }: { perPage?: number | undefined; recordsPerSlice?: number | undefined } = {},
): Cutting {
  const fewest = FEWEST_PAGES * perPage
  const usual = Math.min(Math.max(Math.ceil(total / SLICES_AIMED_AT), fewest), MOST_RECORDS)
  return { target: recordsPerSlice ?? usual, oldest }
}

/**
 * Divides a slice whose first page shows that it holds too much. How the records lie in time is not known, so the parts
 * are equally long, and each part's first page shows what it holds. So no request only counts.
 *
 * @param page the slice's first page, oldest first
 * @returns undefined when the slice is to be read as it is
 */
export function divide(slice: Slice, page: SearchPage, cutting: Cutting, matching: DateMatching): Division | undefined {
  const { total = 0 } = page
  const firstPart = matching === 'second' ? wholeOnPage(slice, page) : undefined
  const parts = partsOf(slice, total, cutting, matching, firstPart?.to)
  if (!parts) return undefined
  if (!firstPart || parts[0]?.created) return { parts, held: new Map() }
  return { parts: [firstPart, ...parts], held: new Map([[firstPart, onlyPage(page)]]) }
}

/**
 * The parts of a slice of which Intercom counts so many records.
 *
 * @param after the slice is whole up to here, Unix seconds; what comes after is divided @defaultValue nothing is
 * @returns undefined when the slice is to be read as it is
 */
export function partsOf(
  slice: Slice,
  total: number,
  cutting: Cutting,
  matching: DateMatching,
  after?: number,
): Slice[] | undefined {
  const { to } = slice
  if (to === null || !isTentative(slice) || total < TOO_MANY * cutting.target) return undefined
  const most = Math.min(MOST_PARTS, Math.floor(total / cutting.target))
  const from = after ?? Math.max(slice.from, Math.min(cutting.oldest, to))
  const count = Math.min(most, Math.floor((to - from) / NARROWEST_PART[matching]))
  if (!slice.created && count >= 2) {
    const [first, ...others] = evenly(from, to, count).map((range) => partOf(slice, range))
    return first && [{ ...first, from: after ?? slice.from }, ...others]
  }
  return total > 2 * cutting.target ? partsByCreation(slice, to, most, matching) : undefined
}

/** If the stretch is too short to be divided by time of update (a bulk edit), it is divided by time of creation. */
function partsByCreation(slice: Slice, to: number, most: number, matching: DateMatching): Slice[] | undefined {
  // The outer bounds stay open, so that a record with an absurd time of creation belongs to a part, too.
  const whole: TimeRange = slice.created ?? { from: null, to: null }
  const [from, end] = [whole.from ?? EARLIEST_CREATION, whole.to ?? to]
  const count = Math.min(most, Math.floor((end - from) / (matching === 'day' ? NARROWEST_PART.day : 1)))
  if (count < 2) return undefined
  return evenly(from, end, count).map((range, index): Slice => {
    const created = {
      from: index === 0 ? whole.from : range.from,
      to: index === count - 1 ? whole.to : range.to,
    }
    return partOf(slice, { created })
  })
}

/**
 * The part of a slice that its first page gives whole: everything before the second at which the page ends. The cursor
 * has to say which second that is, and the page has to be full, because no count shows what it may lack.
 */
function wholeOnPage(
  slice: Slice,
  { after, rows, perPage = LARGEST_PAGE }: SearchPage,
): (Slice & { to: number }) | undefined {
  const place = after === undefined ? undefined : cursorSecond(after)
  const last = rows.at(-1)?.updatedAt
  if (place === undefined || last === undefined || place > last || rows.length < perPage) return undefined
  if (slice.created || place <= slice.from || (slice.to !== null && place >= slice.to)) return undefined
  const { tentative, ...part } = partOf(slice, {})
  return { ...part, to: place }
}

/** The page stands for its whole slice: what it holds is what there is. */
function onlyPage(page: SearchPage): HeldPage {
  return { page: { ...page, total: page.rows.length }, isLast: true }
}

/** Nobody knows yet how much a part holds. */
function partOf({ most, ...slice }: Slice, bounds: Partial<Pick<Slice, 'from' | 'to' | 'created'>>): Slice {
  return { ...slice, ...bounds }
}

function evenly(from: number, to: number, count: number): { from: number; to: number }[] {
  const bound = (index: number) => from + Math.floor(((to - from) * index) / count)
  return Array.from({ length: count }, (_, index) => ({ from: bound(index), to: bound(index + 1) }))
}
