import { LARGEST_PAGE } from '../../intercom/endpoints/search-query.ts'
import type { SearchPage } from './search-pages.ts'

/** Records that may come beyond twice the largest `total_count`. */
const RECORDS_ALLOWED = 10 * LARGEST_PAGE

/** Notices when paging does not end: a cursor or a page comes again, or far more records come than were counted. */
export function createLoopGuard(): { leadsInCircles(page: SearchPage): boolean } {
  const cursors = new Set<string>()
  let previous = ''
  let given = 0
  let largestTotal = 0
  return {
    leadsInCircles({ rows, after, total }) {
      if (after === undefined) return false
      const content = rows.map((row) => row.id).join()
      const repeated = cursors.has(after) || (content !== '' && content === previous)
      cursors.add(after)
      previous = content
      // A page may hold fewer records than were requested. An empty page counts as one record.
      given += Math.max(rows.length, 1)
      largestTotal = Math.max(largestTotal, total ?? 0)
      const endless = largestTotal > 0 && given > 2 * largestTotal + RECORDS_ALLOWED
      return repeated || endless
    },
  }
}
