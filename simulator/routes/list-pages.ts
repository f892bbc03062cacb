import { createRandom } from '../random.ts'
import { RefusedRequest } from '../serving/answer.ts'
import type { EndpointContext } from './endpoint.ts'
import { nextPageUrl, readPage } from './page-numbers.ts'

const pagingKey = 30

/** One page of a list that is otherwise given whole, and the members that name the next page, as JSON text. */
export function pageOfList<Item>(
  items: readonly Item[],
  { options, query }: Pick<EndpointContext, 'options' | 'query'>,
  path: string,
): { shown: readonly Item[]; pages: object | undefined } {
  const { listPageSize: size, seed } = options
  if (size === null) return { shown: items, pages: undefined }
  const byUrl = createRandom(seed, pagingKey, ...Buffer.from(path))() < 0.5
  const page = byUrl ? readPage(query, size, Number.MAX_SAFE_INTEGER).page : pageAfter(query.starting_after)
  const totalPages = Math.max(1, Math.ceil(items.length / size))
  const shown = items.slice((page - 1) * size, page * size)
  const { page: _, per_page: __, ...others } = query
  const following = byUrl
    ? nextPageUrl(path, { page, perPage: size }, others)
    : { page: page + 1, starting_after: Buffer.from(`page ${page + 1}`).toString('base64') }
  const next = page < totalPages ? following : null
  return { shown, pages: { type: 'pages', next, page, per_page: size, total_pages: totalPages } }
}

/** @throws RefusedRequest 400 */
function pageAfter(cursor: string | undefined): number {
  if (cursor === undefined) return 1
  const number = /^page (\d+)$/.exec(Buffer.from(cursor, 'base64').toString())?.[1]
  if (number === undefined) throw new RefusedRequest(400, 'parameter_invalid', 'Invalid starting_after param')
  return Number(number)
}
