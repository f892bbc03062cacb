import { CodedError } from '../errors.ts'
import type { IntercomClient } from './client.ts'
import { type ListItem, memberTexts, plainId } from './cut-list.ts'
import { nextCursor, nextPage } from './paging.ts'
import { scanAnswer } from './record-scanner.ts'

/** Sizes of pages: the largest that Intercom gives, and another to get over page borders. */
const PAGE_SIZES = [60, 45]

/** A list with an endpoint of its own. */
export interface ListEndpoint {
  path: string
  /** `Intercom-Version` to send. */
  version: string
  /** Whether it comes in pages by number. */
  paged: boolean
}

interface ListPage {
  items: ListItem[]
  next: Record<string, string> | undefined
  total: number | undefined
}

/**
 * Reads all items of a list. Pages by number can pass over an item when the list moves, so when more than one page held
 * fewer items than Intercom counts, they are read once more in another size.
 *
 * @throws CodedError `intercom_loop` when a page brings nothing new and yet says that there is more; what the client throws
 */
export async function readWholeList(client: IntercomClient, list: ListEndpoint): Promise<ListItem[]> {
  const items = new Map<string, ListItem>()
  for (const size of PAGE_SIZES) {
    const { pages, total } = await readPages(client, list, size, items)
    if (pages === 1 || items.size >= (total ?? 0)) break
  }
  return [...items.values()]
}

async function readPages(
  client: IntercomClient,
  list: ListEndpoint,
  size: number,
  items: Map<string, ListItem>,
): Promise<{ pages: number; total: number | undefined }> {
  const met = new Set<string>()
  let next: Record<string, string> | undefined = {}
  let total: number | undefined
  let pages = 0
  while (next) {
    const page: ListPage = await askPage(client, list, { ...(list.paged && { per_page: String(size) }), ...next })
    const before = met.size
    for (const item of page.items) {
      met.add(plainId(item))
      items.set(plainId(item), item)
    }
    pages++
    total = page.total
    next = page.items.length === 0 ? undefined : page.next
    if (next && met.size === before)
      throw new CodedError('intercom_loop', `Paging through ${list.path} leads in circles`)
  }
  return { pages, total }
}

function askPage(
  client: IntercomClient,
  { path, version }: ListEndpoint,
  query: Record<string, string>,
): Promise<ListPage> {
  // Intercom's document names the list of companies `companies` in one place and `data` in another.
  const otherName = path.split('/').at(-1) ?? ''
  return client.ask({ method: 'GET', path, version, query }, ({ body }) => {
    const members = ['id']
    const named = scanAnswer(body, { recordsPath: ['data'], members })
    const answer = named.records ? named : scanAnswer(body, { recordsPath: [otherName], members })
    const { records } = answer
    if (!records?.every(({ members: found }) => found.has('id')))
      throw new CodedError('intercom_protocol', `Intercom's answer to ${path} holds no list of items with ids`)
    const total = answer.envelope('total_count')
    return {
      items: records.map((record) => memberTexts(body, record)),
      next: nextPageQuery(answer.envelope('pages')),
      total: typeof total === 'number' ? total : undefined,
    }
  })
}

/** How to ask for the next page: by the cursor or the number that Intercom names, else by counting. */
function nextPageQuery(pages: unknown): Record<string, string> | undefined {
  const cursor = nextCursor(pages)
  if (cursor !== undefined) return { starting_after: cursor }
  const { page, total_pages: last } = { ...(pages as { page?: unknown; total_pages?: unknown } | null | undefined) }
  const following = typeof page === 'number' && typeof last === 'number' && page < last ? page + 1 : undefined
  const number = nextPage(pages) ?? following
  return number === undefined ? undefined : { page: String(number) }
}
