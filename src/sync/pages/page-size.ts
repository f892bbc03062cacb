import { LARGEST_PAGE } from '../../intercom/endpoints/search-query.ts'

/**
 * Page sizes to fall back on: Intercom times out (502, 504) over large pages of heavy records, and gives the same
 * records in smaller ones.
 */
const SIZES = [LARGEST_PAGE, 50, 10, 1]
/** So many pages must come before the next larger size is tried. Doubled each time that this was too early. */
const FIRST_PATIENCE = 2
const LONGEST_PATIENCE = 64

/** How many records to request at a time: fewer when pages fail, more again when they succeed. */
interface PageSize {
  current(): number
  /** @returns false when there is no smaller size */
  shrink(): boolean
  /** A page has come. */
  grow(): void
}

/** @param largest size never to exceed */
export function createPageSize(largest: number, beginWith: 'largest' | 'smallest'): PageSize {
  const sizes = [largest, ...SIZES.filter((size) => size < largest)]
  let index = beginWith === 'largest' ? 0 : sizes.length - 1
  let patience = FIRST_PATIENCE / 2
  let pagesLeft = 0
  return {
    current: () => sizes[index] ?? 1,
    shrink() {
      if (index === sizes.length - 1) return false
      index++
      patience = Math.min(2 * patience, LONGEST_PATIENCE)
      pagesLeft = patience
      return true
    },
    grow() {
      if (index === 0 || --pagesLeft > 0) return
      index--
      pagesLeft = patience
    },
  }
}
