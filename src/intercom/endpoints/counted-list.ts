import { OtherFormError, scanList } from '../answers/own-list.ts'
import type { IntercomClient } from '../client.ts'
import type { IntercomRequest } from '../request.ts'
import type { RecordShape, ScannedAnswer, ScannedRecord } from '../text/record-scanner.ts'
import { joinedBody } from '../text/record-text.ts'
import { areSame } from '../text/same-set.ts'
import { type NumberedPage, type PagePlace, readNumberedPages } from './numbered-pages.ts'
import { nextPageQuery, pagesMember } from './paging.ts'

/** After so many readings, a list that changed during each of them is taken as it is. */
const MOST_READINGS = 5
/** Of a list with unstable ties, as long as fewer came than Intercom counts: each reading meets others of one second. */
const MOST_READINGS_WHILE_SHORT = 10

/** A list in pages by number, on each of which Intercom says how many records the list has. */
interface CountedList {
  client: IntercomClient
  /** For people. */
  path: string
  /** `id` and `updated_at` must be among the members. */
  shape: RecordShape
  /** Records on a page: of the first reading, of the second, and so on in turn. */
  pageSizes: readonly number[]
  /**
   * Records of one second come in another order with every request, so no single reading need meet all of them: the list
   * has come whole when a reading brings nothing new and all readings together met as many records as Intercom counts.
   *
   * @defaultValue two readings in a row must meet the same records, and as many as Intercom counts
   */
  unstableTies?: true
  /**
   * The list comes newest first by this member, Unix seconds, and records from before the time are not wanted. A page
   * that is in another order ends nothing. @defaultValue all are wanted
   */
  wanted?: { member: string; from: () => number }
  /** Asks for a page of so many records. */
  ask(place: PagePlace, perPage: number): Promise<CountedPage>
}

/** A page of such a list. */
export interface CountedPage extends NumberedPage {
  answer: ScannedAnswer
  records: ScannedRecord[]
  /** How many records Intercom says the list has; 0 when it does not say. */
  total: number
}

/** Records of the list that no reading has given before, in one body. */
export interface CountedPart {
  /** With the records at the shape's place. */
  body: Buffer
  /** How many records Intercom says the list has. */
  total: number
}

/** How reading the list ended. */
export interface CountedListOutcome {
  /** The readings agree with each other and with Intercom's count. */
  agreed: boolean
  readings: number
  /** Records met in any reading. */
  found: number
  /** Records that Intercom counted in the end. */
  counted: number
  /** The list was read to its end, and not only as far as its records were wanted. */
  isWhole: boolean
}

/** What one reading of the list has met. */
interface Reading {
  pages: number
  states: Set<string>
  /** The states that no reading before had met. */
  news: number
  counted: number
}

/**
 * Reads a list whose order moves while its pages are read: a record can slip from a page not yet read to one that was. So
 * the list is read whole again until the readings agree. Each state of a record (`id` and `updated_at`) is given once.
 *
 * @throws CodedError `intercom_loop`; what `ask` throws
 */
export async function* readCountedList(list: CountedList): AsyncGenerator<CountedPart, CountedListOutcome, void> {
  const given = new Set<string>()
  const ids = new Set<string>()
  const start = list.client.serverSeconds()
  let before = new Set<string>()
  for (let readings = 1; ; readings++) {
    const reading: Reading = { pages: 0, states: new Set(), news: 0, counted: 0 }
    const isPast = createLookForEnd(list)
    let isWhole = true
    for await (const page of pagesOf(list, readings)) {
      const { answer, records, total } = page
      const unseen = records.filter((record) => {
        const state = stateOf(answer, record, start)
        const isNew = !given.has(state)
        ids.add(memberText(answer, record, 'id'))
        reading.states.add(state)
        given.add(state)
        return isNew
      })
      reading.pages++
      reading.news += unseen.length
      reading.counted = total
      const listed = unseen.map((record) => ({ answer, record }))
      if (listed.length > 0) yield { body: joinedBody(listed, list.shape.recordsPath), total }
      isWhole = !isPast(page)
      if (!isWhole) break
    }
    const { counted } = reading
    const isShort = isWhole && ids.size < counted
    const agreed = list.unstableTies
      ? (reading.pages === 1 || reading.news === 0) && !isShort
      : readings > 1 && reading.states.size === counted && areSame(reading.states, before)
    const most = list.unstableTies && isShort ? MOST_READINGS_WHILE_SHORT : MOST_READINGS
    if (agreed || readings >= most) return { agreed, readings, found: ids.size, counted, isWhole }
    before = reading.states
  }
}

/** Looks, page after page, whether what follows is too old to be wanted. */
function createLookForEnd({ wanted }: CountedList): (page: CountedPage) => boolean {
  let isSorted = true
  let last = Number.POSITIVE_INFINITY
  return ({ answer, records }) => {
    if (!wanted) return false
    for (const record of records) {
      const time = Number(memberText(answer, record, wanted.member) || Number.NaN)
      // Of a record without a time nobody knows what follows it.
      isSorted &&= time <= last
      last = time
    }
    return isSorted && last < wanted.from()
  }
}

/** Every page once, from the first to the last. @param readings which reading it is, from 1 */
function pagesOf({ path, pageSizes, ask }: CountedList, readings: number): AsyncGenerator<CountedPage, void, void> {
  const perPage = pageSizes[(readings - 1) % pageSizes.length] ?? 1
  return readNumberedPages({
    path,
    first: { page: '1' },
    ask: (place) => ask(place, perPage),
    emptyPage: 'end',
    progress: 'higher numbers',
  })
}

/** A list of which GET gives the pages, as the stream table describes it. */
interface PagedList {
  path: string
  query?: Readonly<Record<string, string>>
  /** Member by which a list comes that is newest first. */
  cursor?: string
  newestFirst?: true
  pageSizes: readonly number[]
  /** Nobody has described it, so it may not be counted. */
  mayBeAbsent?: true
}

/**
 * Reads such a list, whose records of one second come in another order with every request.
 *
 * @param request.from of a list that comes newest first, nothing older is wanted, Unix seconds
 */
export function readPagedList(
  client: IntercomClient,
  { path, query, cursor, newestFirst, pageSizes, mayBeAbsent }: PagedList,
  { version, shape, from }: { version: string; shape: RecordShape; from: () => number },
): AsyncGenerator<CountedPart, CountedListOutcome, void> {
  const ask = (place: PagePlace, perPage: number) => {
    const asked = { ...query, ...place, per_page: String(perPage) }
    return askCountedPage(client, { method: 'GET', path, version, query: asked }, shape, mayBeAbsent)
  }
  const wanted = newestFirst && cursor !== undefined && { wanted: { member: cursor, from } }
  return readCountedList({ client, path, shape, pageSizes, unstableTies: true, ask, ...wanted })
}

/**
 * Asks for a page of such a list.
 *
 * @param mayLackCount nobody has described the list, so it may not be counted
 * @throws OtherFormError when it has no count; what the client throws
 */
export function askCountedPage(
  client: IntercomClient,
  request: IntercomRequest,
  shape: RecordShape,
  mayLackCount = false,
): Promise<CountedPage> {
  return client.ask(request, ({ body }) => {
    const answer = scanList(body, shape, request.path)
    const { records } = answer
    const counted = answer.envelope('total_count')
    const total = typeof counted === 'number' ? counted : undefined
    // Every page of such a list has a count. A page without one is somebody else's answer.
    if (total === undefined && !mayLackCount) throw new OtherFormError(request.path)
    const page = nextPageQuery(pagesMember(answer.envelope))?.page
    const keys = records.map((record) => memberText(answer, record, 'id'))
    return { answer, records, keys, total: total ?? 0, next: page === undefined ? undefined : { page } }
  })
}

/** `id` and `updated_at`. A record can change twice in a second while we read, so then its text counts too. */
function stateOf(answer: ScannedAnswer, record: ScannedRecord, start: number): string {
  const updatedAt = memberText(answer, record, 'updated_at')
  const text = Number(updatedAt) >= start ? textOf(answer, record) : ''
  return `${memberText(answer, record, 'id')} ${updatedAt} ${text}`
}

function textOf({ body }: ScannedAnswer, { start, end }: ScannedRecord): string {
  return body.toString('utf8', start, end)
}

function memberText({ body }: ScannedAnswer, { members }: ScannedRecord, name: string): string {
  const span = members.get(name)
  return span ? body.toString('utf8', span.start, span.end) : ''
}
