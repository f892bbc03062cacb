import type { Answer } from '../answer.ts'
import type { RecordVersion } from '../records/record-version.ts'
import { encodeCursor } from './cursor.ts'
import type { SearchResult } from './search-index.ts'
import type { SearchPaging } from './search-request.ts'

const comma = Buffer.from(',')

/** One page of a search result, put together from the records' own bytes. */
export function searchPage({ list, start, end }: SearchResult, paging: SearchPaging): Answer {
  const { descending, perPage, after } = paging
  let from = start
  let to = end
  if (after !== undefined && descending) to = Math.max(from, Math.min(end, list.lowerBound(after.key)))
  if (after !== undefined && !descending) from = Math.min(to, Math.max(start, list.upperBound(after.key)))
  const isLast = to - from <= perPage
  if (descending) from = Math.max(from, to - perPage)
  else to = Math.min(to, from + perPage)
  const lastKey = list.keyAt(descending ? from : to - 1)
  const page = after?.page ?? 1
  const next =
    isLast || lastKey === undefined
      ? {}
      : { next: { page: page + 1, starting_after: encodeCursor({ key: lastKey, page: page + 1 }) } }
  const total = end - start
  const pages = { type: 'pages', ...next, page, per_page: perPage, total_pages: Math.ceil(total / perPage) }
  const shown = list.versions.slice(from, to)
  return {
    status: 200,
    records: shown.length,
    body: Buffer.concat([
      Buffer.from('{"type":"list","data":['),
      ...joined(descending ? shown.reverse() : shown),
      Buffer.from(`],"total_count":${total},"pages":${JSON.stringify(pages)}}`),
    ]),
  }
}

function joined(versions: readonly RecordVersion[]): Buffer[] {
  const parts: Buffer[] = []
  for (const { text } of versions) parts.push(text, comma)
  parts.pop()
  return parts
}
