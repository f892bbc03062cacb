import { type Answer, RefusedRequest } from '../serving/answer.ts'
import type { EndpointContext } from './endpoint.ts'
import { listAnswer } from './record-list.ts'

/** Pages always name this host, whichever host was asked. */
const host = 'https://api.intercom.io'

export interface PageNumber {
  page: number
  perPage: number
}

/** Reads `page` and `per_page`. @throws RefusedRequest 400, as Intercom answers it */
export function readPage(query: EndpointContext['query'], defaultPerPage: number, mostPerPage: number): PageNumber {
  const page = Number(query.page ?? 1)
  const perPage = Number(query.per_page ?? defaultPerPage)
  for (const [name, value] of Object.entries({ Page: page, 'Per Page': perPage })) {
    if (!Number.isInteger(value) || value < 1) {
      throw new RefusedRequest(400, 'parameter_invalid', `${name} is not a positive integer`)
    }
  }
  if (perPage > mostPerPage) throw new RefusedRequest(400, 'parameter_invalid', 'Per Page is too big')
  return { page, perPage }
}

/** The address of the page after this one. @param more what the URL carries besides */
export function nextPageUrl(path: string, { page, perPage }: PageNumber, more: Record<string, string> = {}): string {
  const query = new URLSearchParams({ ...more, per_page: String(perPage), page: String(page + 1) })
  return `${host}${path}?${query}`
}

/** One page of a list whose `pages.next` is a URL. @param path what the URL leads to */
export function pageAnswer<Item>(
  path: string,
  { page, perPage }: PageNumber,
  items: readonly Item[],
  textOf: (item: Item) => Buffer,
  more: Record<string, string> = {},
): Answer {
  const totalPages = Math.ceil(items.length / perPage)
  const next = page < totalPages ? nextPageUrl(path, { page, perPage }, more) : null
  const pages = { type: 'pages', next, page, per_page: perPage, total_pages: totalPages }
  const texts = items.slice((page - 1) * perPage, page * perPage).map(textOf)
  return listAnswer('"type":"list","data"', texts, `,"pages":${JSON.stringify(pages)},"total_count":${items.length}`)
}

/** One page of a list that has its place and its size beside the records. */
export function flatPageAnswer<Item>(
  _path: string,
  { page, perPage }: PageNumber,
  items: readonly Item[],
  textOf: (item: Item) => Buffer,
): Answer {
  const texts = items.slice((page - 1) * perPage, page * perPage).map(textOf)
  const beside = { total_count: items.length, page, per_page: perPage, total_pages: Math.ceil(items.length / perPage) }
  return listAnswer('"type":"list","data"', texts, `,${JSON.stringify(beside).slice(1, -1)}`)
}
