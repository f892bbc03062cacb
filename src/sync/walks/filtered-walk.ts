import { defaultApiVersion } from '../../airbyte/source-config.ts'
import { asOneAnswer, readShapedList, shortageOf } from '../../intercom/endpoints/list-pages.ts'
import type { ScannedAnswer } from '../../intercom/text/record-scanner.ts'
import { readStored } from '../../stored/stored-data.ts'
import type { StreamEntry } from '../../streams/table.ts'
import type { Arrival, LogEntry, Sink, Walk } from '../contract/walk.ts'
import { MOST_ENTRIES } from '../delivered/seen.ts'
import { missingOf } from '../delivery/missing.ts'
import { type Row, readRow, shownChildren, wantedMembers } from '../pages/search-pages.ts'
import { FilteredPosition } from '../state/position.ts'
import { completeState, freshState } from '../state/search-state.ts'
import { createDoubts } from '../streams/ask-patiently.ts'
import {
  askGoneAgain,
  type ChildEndpoint,
  childEndpoint,
  type FoundChildren,
  findChildren,
  readChildren,
} from '../streams/children.ts'
import type { FedWalkOptions, Feed } from '../streams/feed.ts'
import { finishedFeedState, overlapNotes } from '../streams/feed-state.ts'
import { createGoneParents } from '../streams/gone-parents.ts'
import { listPlan, settingsChanged } from '../streams/settings.ts'
import { readCompanies } from './company-pages.ts'

const EVERYTHING = { updated: Number.NEGATIVE_INFINITY, created: Number.NEGATIVE_INFINITY }

/**
 * Reads a list whole, as Intercom has no search for it, and delivers what is new. It cannot go on from the middle: an
 * attempt that dies begins the list again, and what the job's log holds already is dropped. So its cursor moves at the
 * end only, to the start of the walk.
 */
export function createFilteredWalk(options: FedWalkOptions): Walk {
  const { root, feeds, client, config, ports } = options
  const version = config.api_version ?? defaultApiVersion
  const childFeed = feeds.find((feed) => feed.entry.child)
  const settings = listPlan(config)
  const shared = { doubts: createDoubts(), gone: createGoneParents() }
  /** Parents whose children the last sync could not have, until they are met. */
  const awaited = new Map(Object.entries(childFeed?.previous?.retryIds ?? {}))
  let finished =
    options.position && restore(readStored(FilteredPosition, options.position, `the position of ${root.name}`))

  function restore(position: FilteredPosition): FilteredPosition {
    for (const feed of feeds) feed.begin(position.start, position.feeds[feed.entry.name])
    if (position.byContent) for (const feed of feeds) feed.compareAll()
    return position
  }

  async function* arrivals(): AsyncGenerator<Arrival, void, void> {
    if (finished || feeds.every((feed) => feed.finishedBefore)) return
    const begun = client.moment()
    for (const feed of feeds) feed.begin(begun.seconds())
    const notes = feeds.flatMap((feed) => [...feed.notes, ...settingsChanged(feed, settings)])
    const tell = (entry: LogEntry) => notes.push(entry)
    yield notesArrival(notes)
    let restarts = 0
    const onRestart = () => void restarts++
    let byList = false
    const onList = () => {
      byList = true
    }
    const request = { root, client, ports, version, shape: shapeOf(root), tell, onRestart, onList }
    const pages = root.filtered?.list === 'scroll' ? readCompanies(request) : wholeList(options, version, tell)
    let byContent = false
    for await (const answer of pages) {
      // More than a state can remember are told apart by their times alone.
      byContent = root.filtered?.byContent === true && (answer.records?.length ?? 0) <= MOST_ENTRIES
      if (byContent) for (const feed of feeds) feed.compareAll()
      // A list cannot bring what a list left out.
      if (!byList) notes.push(...feeds.flatMap((feed) => feed.makeUpForList() ?? []))
      if (notes.length > 0) yield notesArrival(notes)
      yield* pageArrivals(answer)
    }
    yield* missedArrivals()
    yield notesArrival(notes)
    yield {
      take(sink) {
        const start = begun.seconds()
        for (const feed of feeds) {
          sink.tally(feed.entry.name, 'restarts', restarts)
          for (const { level, message } of overlapNotes(feed, start)) sink.log(level, message)
        }
        const byName = Object.fromEntries(feeds.map((feed) => [feed.entry.name, feed.toJson()]))
        finished = { start, byList, byContent, feeds: byName }
      },
    }
  }

  async function* pageArrivals(answer: ScannedAnswer): AsyncGenerator<Arrival, void, void> {
    const rows = (answer.records ?? []).map((record) => readRow(answer.body, record, root.path, EVERYTHING))
    if (!childFeed) {
      yield { take: (sink) => takeRows(answer, rows, new Map(), sink) }
      return
    }
    for (const row of rows) awaited.delete(row.id)
    const isWanted = (row: Row) => childFeed.wantsChildren(row)
    const shownBy = (row: Row) => shownChildren(root, answer, row)
    for await (const batch of readChildren(endpointOf(childFeed), rows, isWanted, shownBy))
      yield { take: (sink) => takeRows(answer, batch.rows, batch.children, sink) }
  }

  /** What the last sync could not have, of parents that the list has not shown: it may leave some out. */
  async function* missedArrivals(): AsyncGenerator<Arrival, void, void> {
    if (!childFeed) return
    const endpoint = endpointOf(childFeed)
    for (const [id, updatedAt] of awaited) {
      const parent = { id, updatedAt }
      const children = await findChildren(endpoint, parent)
      yield { take: (sink) => childFeed.deliverChildren(parent, children, sink) }
    }
    for await (const { parent, children } of askGoneAgain(endpoint))
      yield { take: (sink) => childFeed.deliverChildren(parent, children, sink) }
  }

  const endpointOf = ({ entry }: Feed): ChildEndpoint => childEndpoint(entry, version, options, shared)

  function takeRows(
    answer: ScannedAnswer,
    rows: readonly Row[],
    children: ReadonlyMap<Row, FoundChildren>,
    sink: Sink,
  ): void {
    for (const row of rows) for (const feed of feeds) feed.deliver({ answer, row, children: children.get(row) }, sink)
  }

  return {
    streamNames: feeds.map((feed) => feed.entry.name),
    arrivals,
    position: () => finished && { ...finished },
    streamState(name) {
      const feed = feeds.find(({ entry }) => entry.name === name)
      if (feed?.finishedBefore) return completeState
      if (feed && finished) return finishedFeedState(feed, { ...finished, readTo: finished.start, plan: settings })
      return feed?.incremental ? (feed.given ?? freshState) : freshState
    },
    missing: (name) => missingOf(feeds.find(({ entry }) => entry.name === name)),
  }
}

/** What there is to say so far, each entry once. */
function notesArrival(notes: LogEntry[]): Arrival {
  const entries = notes.splice(0)
  return {
    take(sink) {
      for (const { level, message } of entries) sink.log(level, message)
    },
  }
}

function shapeOf(root: StreamEntry) {
  return { recordsPath: root.recordsPath, members: wantedMembers(root) }
}

async function* wholeList(
  { root, client }: FedWalkOptions,
  version: string,
  tell: (entry: LogEntry) => void,
): AsyncGenerator<ScannedAnswer, void, void> {
  const { name, path, query } = root
  const shape = shapeOf(root)
  const list = await readShapedList(client, { path, version, query, shape })
  const shortage = shortageOf(list)
  if (shortage !== undefined) tell({ level: 'WARN', message: `${name}: ${shortage}` })
  yield asOneAnswer(list, shape)
}
