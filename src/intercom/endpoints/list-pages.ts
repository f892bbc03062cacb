import { CodedError } from '../../errors.ts'
import { RefusedError } from '../answers/failures.ts'
import { scanList } from '../answers/own-list.ts'
import type { IntercomClient } from '../client.ts'
import { plainText } from '../text/json-text.ts'
import { type RecordShape, type ScannedAnswer, type ScannedRecord, scanAnswer } from '../text/record-scanner.ts'
import { joinedBody } from '../text/record-text.ts'
import { areSame } from '../text/same-set.ts'
import { type NumberedPage, type PagePlace, readNumberedPages } from './numbered-pages.ts'
import { nextPageQuery } from './paging.ts'

/** The page size of a second reading: its page borders lie elsewhere. */
const OTHER_SIZE = 45
/** After so many readings, a list that changed during each is taken as it is, with all items that any of them met. */
const MOST_READINGS = 5

/** A list, and how to read an answer with a part of it. It may come in pages even where Intercom documents none. */
interface ListRequest {
  path: string
  /** `Intercom-Version` to send. */
  version: string
  query?: Readonly<Record<string, string>> | undefined
  /** Items on a page. @defaultValue Intercom's own */
  perPage?: number
  /** The caller checks a single page itself. @defaultValue a page with fewer items than it counts is read again */
  isCompared?: true
  /** `records` must be there. @throws CodedError */
  read(body: Buffer): ScannedAnswer
  /** Keys from an answer's root to the object with the list's `pages` and `total_count`. @defaultValue the root */
  within?: readonly string[]
}

interface ListedItem {
  answer: ScannedAnswer
  record: ScannedRecord
}

/** A list read to its end. */
interface WholeList {
  /** Each once; the latest where one came twice. */
  items: ListedItem[]
  first: ScannedAnswer
  /** How many Intercom counted in the end. */
  total: number | undefined
}

/**
 * Reads a list to its end, however Intercom names the next page. When an item goes or moves while the pages are read, the
 * items after it shift over a page border, and one of them is not seen. So a list of several pages is read again, with
 * another page size every other time, until two readings in a row met the same items.
 *
 * @throws CodedError `intercom_loop` when a page brings nothing new but says that there is more; what the client throws
 */
export async function readList(client: IntercomClient, list: ListRequest): Promise<WholeList> {
  const items = new Map<string, ListedItem>()
  const once = await readOnce(client, list, items)
  const isWhole = once.pages === 1 && (list.isCompared || once.met.size >= (once.total ?? 0))
  let latest = once
  for (let readings = 1; !isWhole && readings < MOST_READINGS; readings++) {
    const sized = readings % 2 === 1 ? { ...list, perPage: OTHER_SIZE } : list
    const { met } = latest
    latest = await readOnce(client, sized, items)
    if (areSame(latest.met, met)) break
  }
  return { first: once.first, total: latest.total, items: [...items.values()] }
}

/** A message for people when a list gave fewer items than Intercom counts; else undefined. */
export function shortageOf({ items, total = 0 }: WholeList): string | undefined {
  if (items.length >= total) return undefined
  return `Intercom counts ${total} and gave ${items.length}, twice: the next sync reads all of them again`
}

/** A list whose records are at the shape's place. */
export type ShapedRequest = Pick<ListRequest, 'path' | 'version' | 'query' | 'isCompared'> & { shape: RecordShape }

/** Reads such a list to its end. @throws what `readList` throws */
export function readShapedList(client: IntercomClient, { shape, ...request }: ShapedRequest): Promise<WholeList> {
  const read = (body: Buffer) => scanList(body, shape, request.path)
  return readList(client, { ...request, read, within: shape.recordsPath.slice(0, -1) })
}

/** A whole list as one answer: the one that came, or a new one with the records of all pages and readings. */
export function asOneAnswer({ items, first }: WholeList, shape: RecordShape): ScannedAnswer {
  const isWhole = items.every(({ answer }) => answer === first)
  return isWhole ? first : scanAnswer(joinedBody(items, shape.recordsPath), shape)
}

/** Whether an answer says that its list goes on elsewhere. @param within keys that lead to the object with its `pages` */
export function goesOn(answer: ScannedAnswer, within: readonly string[]): boolean {
  return nextPageQuery(pagesOf(answer, within)) !== undefined
}

/** One way through all pages of a list. */
interface Reading extends Omit<WholeList, 'items'> {
  pages: number
  /** The keys of the items it met. */
  met: ReadonlySet<string>
}

interface AskedPage extends NumberedPage {
  answer: ScannedAnswer
  items: readonly { key: string; record: ScannedRecord }[]
}

async function readOnce(client: IntercomClient, list: ListRequest, items: Map<string, ListedItem>): Promise<Reading> {
  const { path, within = [] } = list
  const ask = (place: PagePlace, page: number) => askPage(client, list, place, page)
  const met = new Set<string>()
  const answers: ScannedAnswer[] = []
  for await (const page of readNumberedPages({ path, ask, emptyPage: 'nothing new', progress: 'new records' })) {
    const { answer } = page
    answers.push(answer)
    for (const { key, record } of page.items) {
      met.add(key)
      items.set(key, { answer, record })
    }
  }
  const [first] = answers
  if (!first) throw new Error(`${path} has no first page`)
  const total = answers.at(-1)?.envelope([...within, 'total_count'].join('.'))
  return { first, pages: answers.length, met, total: typeof total === 'number' ? total : undefined }
}

/** @param page which page it is, from 1 */
async function askPage(
  client: IntercomClient,
  { path, version, query, perPage, read, within = [] }: ListRequest,
  place: PagePlace,
  page: number,
): Promise<AskedPage> {
  const asked = { ...query, ...(perPage !== undefined && { per_page: String(perPage) }), ...place }
  try {
    const answer = await client.ask({ method: 'GET', path, version, query: asked }, ({ body }) => read(body))
    const next = nextPageQuery(pagesOf(answer, within))
    const items = (answer.records ?? []).map((record) => ({ key: keyOf(answer, record), record }))
    return { answer, items, keys: items.map(({ key }) => key), next }
  } catch (error) {
    // The caller would take a 404 to mean that the whole list is gone. From a later page it does not mean that.
    if (page === 1 || !(error instanceof RefusedError) || !error.gone) throw error
    throw new CodedError('intercom_protocol', `Intercom has no page ${page} of ${path}, which page ${page - 1} names`)
  }
}

/** Some lists say beside their records, not in `pages`, which of how many pages this is (audiences). */
function pagesOf(answer: ScannedAnswer, within: readonly string[]): unknown {
  const pages = answer.envelope([...within, 'pages'].join('.')) ?? answer.envelope('pages')
  return pages ?? { page: answer.envelope('page'), total_pages: answer.envelope('total_pages') }
}

/** An item's id, written as a number or as a string. An item without one (a built-in attribute) is known by its text. */
function keyOf({ body }: ScannedAnswer, { start, end, members }: ScannedRecord): string {
  const id = members.get('id')
  const text = body.toString('utf8', id?.start ?? start, id?.end ?? end)
  return id ? plainText(text) : text
}
