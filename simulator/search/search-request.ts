import { RefusedRequest } from '../serving/answer.ts'
import { isAtLeast } from '../serving/api-version.ts'
import { type Cursor, decodeCursor } from './cursor.ts'
import type { SearchRules } from './search-rules.ts'

const mostPerPage = 150

/** The parts of a search besides its query, checked. */
export interface SearchPaging {
  sortField: string
  descending: boolean
  perPage: number
  after: Cursor | undefined
}

const membersOf = (value: unknown): Record<string, unknown> =>
  typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {}

/**
 * Reads `sort` and `pagination`; a `per_page` elsewhere in the body is ignored.
 *
 * @param largestPage the most records that a page holds, even if more are requested
 * @throws RefusedRequest 400, as Intercom answers it
 */
export function readPaging(body: unknown, version: string, rules: SearchRules, largestPage: number): SearchPaging {
  const { sort, pagination } = membersOf(body)
  const { perPage, after } = readPagination(pagination, rules)
  return { ...readSort(sort, version, rules), perPage: Math.min(perPage, largestPage), after }
}

function readSort(
  sort: unknown,
  version: string,
  { defaultSort, fieldKind }: SearchRules,
): { sortField: string; descending: boolean } {
  if (sort === undefined || sort === null) return defaultSort
  const { field, order } = membersOf(sort)
  if (typeof field !== 'string' || fieldKind(field) === undefined) {
    throw new RefusedRequest(400, 'invalid_field', `Cannot sort by ${JSON.stringify(field)}`)
  }
  const known = order === undefined || order === 'ascending' || order === 'descending'
  // Older versions use the default order instead of an unknown one.
  if (!known && isAtLeast(version, '2.16')) {
    const message = `Invalid sort order '${order}'. Must be one of: ascending, descending`
    throw new RefusedRequest(400, 'invalid_sort_order', message)
  }
  return { sortField: field, descending: order !== 'ascending' }
}

function readPagination(
  pagination: unknown,
  { defaultPerPage }: SearchRules,
): { perPage: number; after: Cursor | undefined } {
  const { per_page: asked, starting_after: startingAfter } = membersOf(pagination)
  const perPage = asked === undefined || asked === null ? defaultPerPage : Number(asked)
  if (!Number.isInteger(perPage) || perPage < 1) {
    throw new RefusedRequest(400, 'parameter_invalid', 'Per Page is not a positive integer')
  }
  if (perPage > mostPerPage) throw new RefusedRequest(400, 'parameter_invalid', 'Per Page is too big')
  if (startingAfter === undefined || startingAfter === null) return { perPage, after: undefined }
  const after = typeof startingAfter === 'string' ? decodeCursor(startingAfter) : undefined
  if (after === undefined) {
    throw new RefusedRequest(400, 'parameter_invalid', 'Invalid starting_after param, it should be a cursor of a page')
  }
  return { perPage, after }
}
