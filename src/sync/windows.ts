import { type ApiVersion, isSince } from '../airbyte/source-config.ts'
import { CodedError } from '../errors.ts'
import type { IntercomClient, IntercomRequest } from '../intercom/client.ts'
import { nextPage } from '../intercom/paging.ts'
import { type ScannedAnswer, scanAnswer } from '../intercom/record-scanner.ts'
import type { StreamEntry, WindowTraits } from '../streams/table.ts'
import { type Row, readRow } from './search-pages.ts'
import type { Slice } from './slice.ts'

/** Where a log is asked for. */
export interface WindowEndpoint {
  client: IntercomClient
  entry: StreamEntry
  traits: WindowTraits
  version: ApiVersion
}

export interface WindowPage {
  answer: ScannedAnswer
  rows: Row[]
  /** The window has been read to its end. */
  last: boolean
}

/** The largest page of the POST form; the other takes no size. */
const PER_PAGE = 250
/** Whether the bounds themselves are taken in is not documented: they are asked wider, and what comes is filtered. */
const SLACK_SECONDS = 1
const EVERYTHING = { updated: Number.NEGATIVE_INFINITY, created: Number.NEGATIVE_INFINITY }

/** Cuts [from, to) into windows of `step` seconds. */
export function cutIntoWindows(from: number, to: number, step: number): Slice[] {
  const windows: Slice[] = []
  for (let start = from; start < to; start += step)
    windows.push({ from: start, to: Math.min(start + step, to), done: false })
  return windows
}

/**
 * Reads a window page by page. It is closed, so what is added to it late moves records to later pages only: they come
 * again, and none is passed over.
 *
 * @throws CodedError `intercom_loop` when a page brings nothing new and says that there is more
 */
export async function* readWindow(
  endpoint: WindowEndpoint,
  window: Slice,
  tries: number | undefined,
): AsyncGenerator<WindowPage, void, void> {
  const met = new Set<string>()
  for (let page: number | undefined = 1; page !== undefined; ) {
    const { answer, rows, next }: Page = await askPage(endpoint, window, page, tries)
    const before = met.size
    for (const row of rows) met.add(row.id)
    if (next !== undefined && met.size === before)
      throw new CodedError('intercom_loop', `Paging through ${endpoint.entry.path} leads in circles`)
    yield { answer, rows, last: next === undefined }
    page = next
  }
}

interface Page extends Omit<WindowPage, 'last'> {
  next: number | undefined
}

function askPage(
  { client, entry, traits, version }: WindowEndpoint,
  window: Slice,
  page: number,
  tries: number | undefined,
): Promise<Page> {
  const request = isSince(version, traits.search.since)
    ? searchRequest(traits.search.path, window, page)
    : listRequest(entry.path, window, page)
  return client.ask({ ...request, version, ...(tries && { tries }) }, ({ body }) => {
    const answer = scanAnswer(body, { recordsPath: entry.recordsPath, members: ['id', 'created_at'] })
    if (!answer.records)
      throw new CodedError('intercom_protocol', `Intercom's answer to ${request.path} holds no list of records`)
    const rows = answer.records.map((record) => readRow(body, record, request.path, EVERYTHING, entry.cursor))
    return { answer, rows, next: rows.length === 0 ? undefined : nextPage(answer.envelope('pages')) }
  })
}

type UnversionedRequest = Omit<IntercomRequest, 'version'>

function searchRequest(path: string, window: Slice, page: number): UnversionedRequest {
  const { after, before } = bounds(window)
  return {
    method: 'POST',
    path,
    body: { created_at_after: after, created_at_before: before, page, per_page: PER_PAGE },
  }
}

function listRequest(path: string, window: Slice, page: number): UnversionedRequest {
  const { after, before } = bounds(window)
  const query = { created_at_after: String(after), created_at_before: String(before), page: String(page) }
  return { method: 'GET', path, query }
}

function bounds({ from, to }: Slice): { after: number; before: number } {
  return { after: Math.max(0, from - SLACK_SECONDS), before: (to ?? from) + SLACK_SECONDS }
}
