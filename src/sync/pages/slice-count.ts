import type { SortOrder } from '../../intercom/endpoints/search-query.ts'
import { createLatestTimes } from '../delivered/latest-times.ts'
import type { Slice } from '../state/slice.ts'
import type { Row } from './search-pages.ts'

/** Compares the number of records received of a slice with Intercom's count, across breaks and refused cursors. */
export interface SliceCount {
  /** Records of the slice's query that have come, from its beginning on. */
  received(): number
  /** The smallest count that Intercom gave for the whole slice; undefined while it gave none. */
  expected(): number | undefined
  /** The largest such count: records that have moved away since may have come before they did. */
  most(): number | undefined
  /** @param isWhole whether the query began at the slice's beginning; other queries count only the rest */
  add(page: { rows: readonly Row[]; total: number | undefined }, isWhole: boolean): void
  /** Whether exactly this version of the record has come. */
  has(row: Row): boolean
  /** Reading goes back. The next query also has a count of its own. */
  restart(): void
  /**
   * Whether, including this page, fewer records have come than Intercom ever counted. Either they have moved away, or
   * Intercom withholds them.
   */
  wouldLackSome(page: { rows: readonly Row[]; total: number | undefined }): boolean
  isShort(): boolean
  /** A page was short, however often it was requested, although others follow. */
  addShortPage(): void
  hasShortPage(): boolean
}

/** @param slice as it is before reading starts; an earlier attempt or job may have read a part of it */
export function createSliceCount(slice: Slice, order: SortOrder): SliceCount {
  /** The records received at or beyond the place where reading begins. Of those before it only the number is known. */
  const met = createLatestTimes(slice.ids)
  const before = slice.received === undefined ? undefined : slice.received - met.size()
  const isResumed = slice.at !== undefined || slice.after !== undefined
  let expected = slice.expected
  let most = slice.most ?? slice.expected
  /** Of a query that began in the middle; undefined while there is no such query. */
  let sinceRestart = slice.at !== undefined && slice.after === undefined ? createLatestTimes() : undefined
  let rest: number | undefined
  let { shortPage = false } = slice

  function isOfBefore({ updatedAt }: Row): boolean {
    if (slice.at === undefined || updatedAt === undefined) return false
    return order === 'ascending' ? updatedAt < slice.at : updatedAt > slice.at
  }

  const received = () => (before ?? 0) + met.size()

  return {
    received,
    expected: () => expected,
    most: () => most,
    add({ rows, total }, isWhole) {
      for (const row of rows) {
        sinceRestart?.set(row.id, row.updatedAt)
        if (!isOfBefore(row)) met.set(row.id, row.updatedAt)
      }
      if (total === undefined) return
      if (isWhole) {
        // An empty page with a count of zero proves nothing, because the records that came before have been counted.
        if (rows.length > 0 || expected === undefined) expected = Math.min(expected ?? total, total)
        most = Math.max(most ?? total, total)
      } else rest = Math.min(rest ?? total, total)
    },
    wouldLackSome({ rows, total = 0 }) {
      const fresh = new Set(rows.filter((row) => !isOfBefore(row) && !met.has(row.id)).map(({ id }) => id))
      return received() + fresh.size < Math.max(most ?? 0, rest === undefined ? total : 0)
    },
    has: ({ id, updatedAt }) => met.has(id) && (met.get(id) ?? 0) >= (updatedAt ?? 0),
    restart() {
      sinceRestart = createLatestTimes()
      rest = undefined
    },
    addShortPage() {
      shortPage = true
    },
    hasShortPage: () => shortPage,
    isShort() {
      // States of earlier versions do not say how many records had come. Then only the rest can be counted.
      const isKnown = !isResumed || before !== undefined
      return (isKnown && received() < (expected ?? 0)) || (sinceRestart?.size() ?? Infinity) < (rest ?? 0)
    },
  }
}
