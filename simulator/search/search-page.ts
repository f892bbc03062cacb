import type { Fault } from '../faults/fault.ts'
import type { RecordVersion } from '../records/record-version.ts'
import { listAnswer } from '../routes/record-list.ts'
import type { Answer } from '../serving/answer.ts'
import { encodeCursor } from './cursor.ts'
import type { SearchResult } from './search-index.ts'
import type { SearchPaging } from './search-request.ts'

/** How a page is written around its records. */
interface PageForm {
  type: string
  recordsKey: string
  recordsFirst: boolean
  textOf: (version: RecordVersion) => Buffer
  /** Gets the records of the page. @throws RefusedRequest when they cannot be served */
  inspect?: ((shown: readonly RecordVersion[], perPage: number) => void) | undefined
  cursorsOpaque: boolean
  /** The faults of the page. */
  fault: Pick<Fault, 'endsEarly' | 'lacks'>
}

/** One page of a search result, assembled from the records' own bytes. */
export function searchPage({ list, start, end }: SearchResult, paging: SearchPaging, form: PageForm): Answer {
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
    isLast || lastKey === undefined || form.fault.endsEarly
      ? {}
      : { next: { page: page + 1, starting_after: encodeCursor({ key: lastKey, page: page + 1 }, form.cursorsOpaque) } }
  const total = end - start
  const pages = { type: 'pages', ...next, page, per_page: perPage, total_pages: Math.ceil(total / perPage) }
  const shown = list.versions.slice(from, to)
  form.inspect?.(shown, perPage)
  const texts = (descending ? shown.reverse() : shown).map(form.textOf)
  texts.length -= Math.min(texts.length, form.fault.lacks ?? 0)
  const type = `"type":"${form.type}"`
  const envelope = `"total_count":${total},"pages":${JSON.stringify(pages)}`
  return form.recordsFirst
    ? listAnswer(`${type},"${form.recordsKey}"`, texts, `,${envelope}`)
    : listAnswer(`${type},${envelope},"${form.recordsKey}"`, texts)
}
