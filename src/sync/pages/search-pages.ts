import { CodedError } from '../../errors.ts'
import { scanList } from '../../intercom/answers/own-list.ts'
import type { IntercomClient } from '../../intercom/client.ts'
import { nextCursor, pageSizeOf } from '../../intercom/endpoints/paging.ts'
import {
  type DateMatching,
  LARGEST_PAGE,
  SLACK_SECONDS,
  type SortOrder,
  searchBody,
  type TimeRange,
} from '../../intercom/endpoints/search-query.ts'
import { isDigit, QUOTE, type Span, ZERO } from '../../intercom/text/json-text.ts'
import { keyText } from '../../intercom/text/key-names.ts'
import type { ScannedAnswer, ScannedRecord } from '../../intercom/text/record-scanner.ts'
import { type CursorField, type StreamEntry, searchPathOf, streamTable } from '../../streams/table.ts'
import { retypedMembers } from '../contract/member-types.ts'
import type { Dated, Slice } from '../state/slice.ts'

/** A search endpoint and how to query it in this walk. */
export interface SearchEndpoint {
  client: IntercomClient
  entry: StreamEntry
  /** `Intercom-Version` to send. */
  version: string
  /** How this version compares dates. For contacts `second` holds only while answers echo the version. */
  matching: DateMatching
  /** Answers of another version compare dates by other rules, so they must not be used. */
  echoRequired: boolean
}

/** A record of a page. */
export interface Row extends Dated {
  record: ScannedRecord
}

export interface SearchPage {
  answer: ScannedAnswer
  rows: Row[]
  /** How many records Intercom says match, over all pages. */
  total: number | undefined
  /** How many records Intercom puts on a page, as it says; undefined when it does not. */
  perPage: number | undefined
  /** Cursor of the next page; undefined on the last. */
  after: string | undefined
  /** The version Intercom says it used. */
  version: string | undefined
}

/** One page of a search: the range of times, the order, how many records, and the cursor to start from. */
export interface SearchPageRequest {
  updated: TimeRange
  created?: TimeRange
  order: SortOrder
  perPage: number
  after?: string | undefined
  /** @defaultValue the client's */
  tries?: number
}

/** A time above this is in milliseconds: some workspaces hold such broken dates (seconds reach it in the year 5138). */
const LARGEST_SECONDS = 100_000_000_000

/** Some of Intercom's newer records have times like `2025-07-17T15:30:24.000Z`. */
const isoTime = /^\d{4}-\d\d-\d\dT[\d:.]+(?:Z|[+-]\d\d:\d\d)$/
/** A number of so many digits is exact. */
const MOST_PLAIN_DIGITS = 15

/**
 * Asks for one page, and once more when a record lacks a member that every record has. If the second answer lacks it
 * too, we trust it. If the second answer has fewer records, either the record has moved on or the answer lacks it; a
 * third answer decides. The check for reliability is part of reading the answer, so a damaged answer is fetched again.
 */
export async function askPage(endpoint: SearchEndpoint, page: SearchPageRequest): Promise<SearchPage> {
  const first = await askOnce(endpoint, page)
  if (!lacksMember(endpoint.entry, first)) return first
  const second = await askOnce(endpoint, page)
  return second.rows.length < first.rows.length ? fullerOf(second, await askOnce(endpoint, page)) : second
}

/**
 * The later of two answers to the same question. But if it has fewer records, the first: the later one may lack
 * something.
 */
export function fullerOf(first: SearchPage, second: SearchPage): SearchPage {
  return second.rows.length < first.rows.length ? first : second
}

function lacksMember({ search }: StreamEntry, { answer, rows }: SearchPage): boolean {
  const name = search?.requiredMember
  return name !== undefined && rows.some(({ record }) => memberText(answer.body, record, name) === 'null')
}

/** The text of a record's member; `null` where there is none. */
function memberText(body: Buffer, { members }: ScannedRecord, name: string): string {
  const span = members.get(name)
  return span ? body.toString('utf8', span.start, span.end) : 'null'
}

function askOnce(endpoint: SearchEndpoint, page: SearchPageRequest): Promise<SearchPage> {
  const { client, entry, version, matching, echoRequired } = endpoint
  const { updated, created, tries, ...options } = page
  const path = searchPathOf(entry)
  const reach = (range: TimeRange | undefined) => (range?.from ?? 0) - SLACK_SECONDS[matching]
  const earliest = { updated: reach(updated), created: reach(created) }
  const body = searchBody({ updated, ...(created && { created }) }, matching, options)
  return client.ask({ method: 'POST', path, body, version, ...(tries && { tries }) }, (answer) => {
    const scanned = scanList(answer.body, { recordsPath: entry.recordsPath, members: wantedMembers(entry) }, path)
    if (echoRequired && answer.version !== version)
      throw new CodedError(
        'intercom_protocol',
        `Intercom answered ${path} by version ${answer.version}, not ${version}`,
      )
    const total = scanned.envelope('total_count')
    const pages = scanned.envelope('pages')
    return {
      answer: scanned,
      rows: scanned.records.map((record) => readRow(scanned.body, record, path, earliest)),
      total: typeof total === 'number' ? total : undefined,
      perPage: pageSizeOf(pages),
      after: nextCursor(pages),
      version: answer.version,
    }
  })
}

/** The record members that our code reads. */
export function wantedMembers(entry: StreamEntry): string[] {
  const { name, volatileMembers, search, filtered, cursor } = entry
  const forChildren = streamTable.flatMap(({ child }) =>
    child?.parent === name ? [child.shown?.[0], child.batch?.by] : [],
  )
  const ofSearch = [search?.childCounter?.path[0], search?.requiredMember]
  const looked = [cursor, ...ofSearch, filtered?.shownChildren?.[0], ...forChildren]
  const lists = search?.cutLists?.map(({ member }) => member) ?? []
  const inside = looked.filter((member) => member !== undefined)
  return [
    ...new Set(['id', 'updated_at', 'created_at', ...retypedMembers(entry), ...volatileMembers, ...inside, ...lists]),
  ]
}

/** No time is too early: for records that no search was asked for. */
export const EVERYTHING = { updated: Number.NEGATIVE_INFINITY, created: Number.NEGATIVE_INFINITY }

/** A record with its id and times. @throws CodedError `intercom_protocol` when it has no id */
export function readRow(
  body: Buffer,
  record: ScannedRecord,
  path: string,
  earliest: { updated: number; created: number },
  cursor: CursorField = 'updated_at',
): Row {
  const { members } = record
  const id = idOf(body, record)
  if (id === undefined) throw new CodedError('intercom_protocol', `A record in Intercom's answer to ${path} has no id`)
  return {
    record,
    id,
    updatedAt: readSeconds(body, members.get(cursor), earliest.updated),
    createdAt: readSeconds(body, members.get('created_at'), earliest.created),
  }
}

/** An id may come as a number or as a string; either way it is the same record. Undefined where there is none. */
export function idOf(body: Buffer, { members }: Pick<ScannedRecord, 'members'>): string | undefined {
  const span = members.get('id')
  if (!span) return undefined
  return body[span.start] === QUOTE ? keyText(body, span) : body.toString('utf8', span.start, span.end)
}

/**
 * Unix seconds from a value's text; undefined for null and for anything that is no time. Also undefined for a time
 * in milliseconds that lies before everything requested: Intercom has then compared the raw number, and nobody else
 * will ask for that time.
 */
function readSeconds(body: Buffer, span: Span | undefined, earliest: number): number | undefined {
  const number = span ? (plainNumber(body, span) ?? numberOf(body.toString('utf8', span.start, span.end))) : Number.NaN
  if (!Number.isFinite(number) || number < 0) return undefined
  if (number <= LARGEST_SECONDS) return Math.floor(number)
  const seconds = Math.floor(number / 1000)
  return seconds < earliest ? undefined : seconds
}

function numberOf(text: string): number {
  if (text === 'null') return Number.NaN
  const value = text.replaceAll('"', '')
  return isoTime.test(value) ? Math.floor(Date.parse(value) / 1000) : Number(value || 'none')
}

/** A number of nothing but a few digits, as nearly every time is: read without making a string of it. */
function plainNumber(body: Buffer, { start, end }: Span): number | undefined {
  if (end - start > MOST_PLAIN_DIGITS) return undefined
  let number = 0
  for (let at = start; at < end; at++) {
    const byte = body[at] ?? 0
    if (!isDigit(byte)) return undefined
    number = number * 10 + (byte - ZERO)
  }
  return number
}

/** Whether a page holds fewer records than it has room for although more follow. */
export function isShortPage({ rows, after, perPage = 0 }: SearchPage): boolean {
  return after !== undefined && rows.length < perPage
}

/** A page that was requested before its slice is read. */
export interface HeldPage {
  page: SearchPage
  /** It gives the slice whole, although more follows it: the rest belongs to other slices. */
  isLast?: true
}

/** Tries of a page that may fail because of its records, and that can be requested in another way. */
export const FEW_TRIES = 2

/** The request for the first page of a slice that nobody has begun. */
export function firstPageOf(slice: Slice, order: SortOrder, matching: DateMatching): SearchPageRequest {
  return {
    updated: rangeToAsk(slice, order, undefined, matching),
    ...(slice.created && { created: slice.created }),
    order,
    perPage: LARGEST_PAGE,
    tries: FEW_TRIES,
  }
}

/**
 * The range to request. Descending by calendar day needs no upper bound: reading starts at the newest record, and
 * records that are too young are filtered out.
 */
export function rangeToAsk(
  slice: Slice,
  order: SortOrder,
  again: number | undefined,
  matching: DateMatching,
): TimeRange {
  if (order === 'ascending') return { from: Math.max(slice.from, again ?? slice.from), to: slice.to }
  if (again !== undefined) return { from: slice.from, to: again + 1 }
  return { from: slice.from, to: matching === 'day' ? null : slice.to }
}
