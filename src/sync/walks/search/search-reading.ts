import type { SortOrder } from '../../../intercom/endpoints/search-query.ts'
import { type ChildEndpoint, childEndpoint, type FoundChildren } from '../../completion/ask-children.ts'
import { readChildren, readInlineChildren } from '../../completion/children.ts'
import { createGoneParents, type GoneParents } from '../../completion/gone-parents.ts'
import { createListCompletion, type FoundLists } from '../../completion/list-completion.ts'
import { createRecheckLimit } from '../../completion/patience.ts'
import { countedChildren } from '../../completion/shown-children.ts'
import type { Sink, WalkLogLine } from '../../contract/walk.ts'
import { isDue, mayComeAgain, type RequestedPage } from '../../pages/due.ts'
import type { HeldPage, Row, SearchEndpoint } from '../../pages/search-pages.ts'
import { readSlice, type SliceCounts, type SlicePage } from '../../pages/slice-reader.ts'
import type { Slice } from '../../state/slice.ts'
import type { FedWalkOptions } from '../../streams/feed.ts'
import type { OpenFeed } from '../../streams/open-feed.ts'

/** A page, or a batch of one, on its way to delivery. */
export interface PageBatch {
  slice: Slice
  page: SlicePage
  asked: RequestedPage
  /** Rows to deliver; the page moves the slice with its last batch. */
  rows: readonly Row[]
  children: ReadonlyMap<Row, FoundChildren>
  lists: ReadonlyMap<Row, FoundLists>
  lastBatch: boolean
}

/** A page whose children have not been read yet. */
interface WholePage extends Pick<PageBatch, 'slice' | 'page' | 'asked' | 'rows' | 'lists'> {
  isWanted(row: Row): boolean
  shownBy(row: Row): number
}

/** Fetches the pages of a search walk. */
export interface SearchReading {
  /** Whether children take requests of their own. */
  readonly asksChildren: boolean
  /** The streams of children and of rows inside them, wherever the children are. */
  readonly childFeeds: readonly OpenFeed[]
  /** Parents that are to be requested once more. */
  readonly gone: GoneParents
  /** Where the children are asked for; undefined when the walk feeds no such stream. */
  childEndpoint(version: string): ChildEndpoint | undefined
  /**
   * The pages of a slice with complete lists, cut into batches where children have to be requested.
   *
   * @param settledTo the index shows every change before this (Unix seconds) at its time
   * @param held the slice's first page, if it has come already
   * @throws UnreadablePageError, CodedError
   */
  read(
    endpoint: SearchEndpoint,
    slice: Slice,
    order: SortOrder,
    settledTo: number,
    held?: HeldPage,
  ): AsyncGenerator<PageBatch, void, void>
  /** The log entries since the last call. */
  takeNotes(): WalkLogLine[]
  /** Records of the root that Intercom has said, twice, to be gone, since the last call. */
  takeGone(): string[]
}

/** @param feeds the walk's feeds, opened */
export function createSearchReading(options: FedWalkOptions, feeds: readonly OpenFeed[]): SearchReading {
  const { root, ports } = options
  const childFeeds = feeds.filter(({ source }) => source.child)
  const children = childFeeds[0]?.source
  const asksChildren = children !== undefined && !children.child?.inline
  const listCompletion = createListCompletion(root, options)
  const gone = createGoneParents()
  for (const feed of feeds)
    for (const [id, updatedAt] of feed.pendingParents.gone()) gone.note({ id, updatedAt }, ports.clock.monotonic())
  const shared = { recheckLimit: createRecheckLimit(), gone }

  const endpointOf = (version: string) => children && childEndpoint(children, version, options, shared)

  /** The children that are inside the records themselves. */
  async function childrenWithin(
    { page, isWanted }: WholePage,
    version: string,
  ): Promise<ReadonlyMap<Row, FoundChildren>> {
    const within = endpointOf(version)
    return within ? readInlineChildren(within, page.answer, page.rows.filter(isWanted)) : new Map()
  }

  /** The pages of a slice, with complete lists. */
  async function* wholePages(
    endpoint: SearchEndpoint,
    slice: Slice,
    order: SortOrder,
    settledTo: number,
    held?: HeldPage,
  ): AsyncGenerator<WholePage, void, void> {
    const { matching } = endpoint
    // A copy of the present slice: records taken meanwhile are not on the pages to come.
    const begun = structuredClone(slice)
    for await (const page of readSlice(endpoint, slice, order, settledTo, held)) {
      const asked = { order, matching, again: page.again ?? page.resumedAt, reread: page.reread, settledTo }
      const isNew = (row: Row) => isDue(begun, row, asked)
      if (page.rows.some((row) => mayComeAgain(slice, row, asked) && isNew(row))) await options.replayVersions()
      const wantsList = (row: Row, member: string) =>
        isNew(row) && feeds.some((feed) => feed.wantsList(member, page.answer, row, page.reread))
      const lists = await listCompletion.complete(page, wantsList)
      const shown = (row: Row) => childFeeds[0] && countedChildren(childFeeds[0].source, page.answer, row)
      const isWanted = (row: Row) =>
        isNew(row) && childFeeds.some((feed) => feed.wantsChildren(row, page.reread)) && shown(row) !== 0
      yield { slice, page, asked, lists, rows: page.rows, isWanted, shownBy: (row) => shown(row) ?? 0 }
    }
  }

  return {
    asksChildren,
    childFeeds,
    gone,
    childEndpoint: endpointOf,
    takeNotes: listCompletion.takeNotes,
    takeGone: listCompletion.takeGone,
    async *read(endpoint, ...reach) {
      const pages = wholePages(endpoint, ...reach)
      const asked = asksChildren ? endpointOf(endpoint.version) : undefined
      if (asked)
        for await (const { page, ...batch } of readChildren(asked, pages))
          yield { ...page, rows: batch.rows, children: batch.children, lastBatch: batch.last }
      else
        for await (const whole of pages)
          yield { ...whole, children: await childrenWithin(whole, endpoint.version), lastBatch: true }
    },
  }
}

/**
 * Reports how complete a slice is that was read to its end. The counts have no place if the root stream is not selected
 * itself. A shortfall is reported for every stream of the walk.
 */
export function tellCounts(
  { root, feeds }: Pick<FedWalkOptions, 'root' | 'feeds'>,
  { received, expected, isShort, stoppedEarly }: SliceCounts,
  sink: Sink,
): void {
  // If two walks read the same records, only one of them counts.
  if (!stoppedEarly && feeds.some(({ entry }) => entry === root)) {
    sink.count(root.name, 'counted', expected)
    sink.count(root.name, 'received', received)
  }
  if (!isShort) return
  const what =
    stoppedEarly || received >= expected
      ? `Intercom gave pages of ${root.name} that were not full though others followed, twice`
      : `Intercom counted ${expected} ${root.name} in a slice and gave ${received}, twice`
  for (const { entry } of feeds) sink.log('WARN', `${entry.name}: ${what}`)
}
