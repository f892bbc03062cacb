import { defaultApiVersion } from '../../airbyte/source-config.ts'
import { formatNoun } from '../../display/figures.ts'
import { lookAtCompanyList } from '../../intercom/endpoints/companies-list.ts'
import { scrollRequests } from '../../intercom/endpoints/companies-scroll.ts'
import { askCountedPage } from '../../intercom/endpoints/counted-list.ts'
import { cursorQuery, readCursorList } from '../../intercom/endpoints/cursor-list.ts'
import { asOneAnswer, readShapedList } from '../../intercom/endpoints/list-pages.ts'
import { type ScannedAnswer, scanAnswer } from '../../intercom/text/record-scanner.ts'
import { joinedBody } from '../../intercom/text/record-text.ts'
import type { StreamEntry } from '../../streams/table.ts'
import { MOST_ENTRIES } from '../delivered/seen.ts'
import { EVERYTHING, readRow, wantedMembers } from '../pages/search-pages.ts'
import type { OpenFeed } from '../streams/open-feed.ts'
import type { SharedWalk } from '../walks/create-walks.ts'
import { countingRequests, type EstimateContext } from './context.ts'
import { counted, type Figure, guessed, nothing, type StreamFigures, sumOf } from './figures.ts'
import { childFigures, projected, rowsInside } from './row-figures.ts'
import type { SampleRow } from './sample-rows.ts'

/** A list, as far as one look shows it. */
interface LookedAtList {
  answer: ScannedAnswer
  /** Records of the whole list. */
  total: number
  /** What reading the whole list takes. */
  requests: Figure
  /** The answer holds all that the walk will meet. */
  isWhole: boolean
  /** The list that was counted leaves records out. */
  leavesOut?: string
}

/** What reading a whole list will bring. One request, as long as Intercom gives the list in one answer or counts it. */
export async function estimateList({ root, feeds }: SharedWalk, context: EstimateContext): Promise<StreamFigures[]> {
  if (feeds.every(({ finishedBefore }) => finishedBefore))
    return feeds.map(({ entry }) => ({ streamName: entry.name, rows: nothing, requests: nothing, notes: [] }))
  const opened = feeds.map((feed) => feed.open(context.client.serverSeconds()))
  const looked = await lookAtList(root, context, Math.min(...opened.map((feed) => feed.lower())))
  // As the walk does: where all can be remembered, content decides and not the time.
  if (root.filtered?.byContent && looked.total <= MOST_ENTRIES) for (const feed of opened) feed.compareAll()
  const list = isPastEnd(root, opened, looked) ? { ...looked, requests: counted(1), isWhole: true } : looked
  const rows = (list.answer.records ?? []).map((record) => {
    return { answer: list.answer, row: readRow(list.answer.body, record, root.path, EVERYTHING, root.cursor) }
  })
  const reader = opened.find(({ entry }) => entry === root) ?? opened[0]
  return opened.map((feed) => {
    const figures = feed.source.child ? ofChildren(feed, root, list, rows) : ofRecords(feed, list, rows)
    const requests = feed === reader ? sumOf([list.requests, figures.requests]) : figures.requests
    const notes = list.leavesOut === undefined ? [] : [list.leavesOut]
    return { streamName: feed.entry.name, rows: figures.rows, requests, notes: [...notes, ...figures.notes] }
  })
}

/** Whether the page that was looked at already reaches what the sync before has read. */
function isPastEnd(
  { filtered, cursor, path }: StreamEntry,
  feeds: readonly OpenFeed[],
  { answer }: LookedAtList,
): boolean {
  const last = answer.records?.at(-1)
  if (filtered?.list !== 'pages' || !filtered.newestFirst || !last) return false
  const { updatedAt = Number.POSITIVE_INFINITY } = readRow(answer.body, last, path, EVERYTHING, cursor)
  return feeds.every((feed) => updatedAt < feed.lower())
}

type Figures = Pick<StreamFigures, 'rows' | 'requests' | 'notes'>

function ofRecords(feed: OpenFeed, list: LookedAtList, rows: readonly SampleRow[]): Figures {
  const { derived } = feed.entry
  const isEverything = !derived && feed.previous === undefined && feed.lower() === 0
  if (isEverything && list.leavesOut === undefined) return { rows: counted(list.total), requests: nothing, notes: [] }
  const rowsOf = (sampled: SampleRow) => (derived ? rowsInside(derived, sampled) : 1)
  const delivered = rows.map((sampled) => (feed.wantsRecord(sampled.answer, sampled.row) ? rowsOf(sampled) : 0))
  const notes = list.isWhole
    ? []
    : [`What is new in the list is guessed from ${rows.length} of ${formatNoun(list.total, 'record')}`]
  return { rows: projected(delivered, sizeOf(list)), requests: nothing, notes }
}

function ofChildren(feed: OpenFeed, root: StreamEntry, list: LookedAtList, rows: readonly SampleRow[]): Figures {
  const parents = rows.map((sampled) =>
    feed.wantsChildren(sampled.row) ? childFigures(feed.entry, root, sampled) : undefined,
  )
  const size = sizeOf(list)
  const retried = counted(Object.keys(feed.previous?.retryIds ?? {}).length)
  return {
    rows: projected(
      parents.map((figures) => figures?.children ?? 0),
      size,
    ),
    requests: sumOf([
      projected(
        parents.map((figures) => figures?.requests ?? 0),
        size,
      ),
      retried,
    ]),
    notes: list.isWhole ? [] : [`Rows and requests are guessed from ${rows.length} of ${list.total} ${root.name}`],
  }
}

/** How many records a sample stands for; undefined when it is the whole list. */
function sizeOf({ total, isWhole, leavesOut }: LookedAtList): Figure | undefined {
  if (isWhole && leavesOut === undefined) return undefined
  return leavesOut === undefined ? counted(total) : guessed(total)
}

/** @param lower nothing older is wanted, Unix seconds */
async function lookAtList(
  root: StreamEntry,
  { client, config }: EstimateContext,
  lower: number,
): Promise<LookedAtList> {
  const version = config.api_version ?? defaultApiVersion
  const { path, query, recordsPath, filtered } = root
  const shape = { recordsPath, members: wantedMembers(root) }
  if (filtered?.list === 'scroll') {
    const { answer, total, next } = await lookAtCompanyList({ client, version, shape })
    return {
      answer,
      total,
      requests: guessed(scrollRequests(total)),
      isWhole: next === undefined,
      leavesOut: "Intercom's count leaves out companies without users",
    }
  }
  if (filtered?.list === 'pages') {
    const [first = 1, second = first] = filtered.pageSizes
    const request = { method: 'GET' as const, path, version, query: { ...query, page: '1', per_page: String(first) } }
    const { answer, total, next } = await askCountedPage(client, request, shape, root.mayBeAbsent)
    // A list of several pages is read twice, because records may slip over a page border.
    const requests = next === undefined ? 1 : Math.ceil(total / first) + Math.ceil(total / second)
    return { answer, total, requests: counted(requests), isWhole: next === undefined }
  }
  const counting = countingRequests(client)
  if (filtered?.list === 'cursor') {
    const asked = { path, version, query: { ...query, ...cursorQuery(filtered, lower) }, shape }
    const records: Parameters<typeof joinedBody>[0][number][] = []
    for await (const answer of readCursorList(counting.client, asked))
      records.push(...answer.records.map((record) => ({ answer, record })))
    const answer = scanAnswer(joinedBody(records, recordsPath), shape)
    return { answer, total: records.length, requests: counted(counting.made()), isWhole: true }
  }
  const list = await readShapedList(counting.client, { path, version, query, shape })
  return {
    answer: asOneAnswer(list, shape),
    total: list.items.length,
    requests: counted(counting.made()),
    isWhole: true,
  }
}
