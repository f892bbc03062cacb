import { defaultApiVersion } from '../../airbyte/source-config.ts'
import type { ScannedAnswer } from '../../intercom/text/record-scanner.ts'
import type { StreamEntry } from '../../streams/table.ts'
import { broadcast } from '../concurrency/broadcast.ts'
import { merge } from '../concurrency/merge.ts'
import type { Arrival, Walk, WalkLogLine } from '../contract/walk.ts'
import { MOST_ENTRIES } from '../delivered/seen.ts'
import { missingOf } from '../output/missing.ts'
import { EVERYTHING, type Row, readRow } from '../pages/search-pages.ts'
import { FilteredPosition, readPosition } from '../state/position-schema.ts'
import { completeState, freshState } from '../state/search-state.ts'
import type { FedWalkOptions, Feed } from '../streams/feed.ts'
import { finishedFeedState, overlapNotes } from '../streams/feed-state.ts'
import type { OpenFeed } from '../streams/open-feed.ts'
import { listPlan, settingsChanged } from '../streams/settings.ts'
import { childArrivals, type ListChildren, listChildren, missedArrivals, type PageOfRecords } from './list-children.ts'
import { listParts } from './list-parts.ts'

/** So many pages have children that are being read; more would only take memory. */
const PAGES_HELD = 2

/** A walk that has come to its end. */
interface Finished {
  position: FilteredPosition
  feeds: readonly OpenFeed[]
}

/** A list that is being read. */
interface ListReading {
  options: FedWalkOptions
  /** `Intercom-Version` to send. */
  version: string
  feeds: readonly OpenFeed[]
  children: readonly ListChildren[]
}

/**
 * Reads a whole list, because Intercom has no search for it, and delivers the new records. The walk cannot continue
 * from the middle: after an attempt dies, the next one starts the list again, and drops records that the job's log
 * already holds. So the cursor moves only at the end, to the start of the walk.
 */
export function createFilteredWalk(options: FedWalkOptions): Walk {
  const { feeds, config } = options
  const settings = listPlan(config)
  let finished = options.position && restore(feeds, readPosition(FilteredPosition, options.position, options.root.name))
  let hasBegun = false
  const feedOf = (name: string) => finished?.feeds.find(({ entry }) => entry.name === name)

  async function* arrivals(): AsyncGenerator<Arrival, void, void> {
    if (finished || feeds.every((feed) => feed.finishedBefore)) return
    hasBegun = true
    yield* listArrivals(options, settings, (end) => {
      finished = end
    })
  }

  return {
    streamNames: feeds.map((feed) => feed.entry.name),
    arrivals,
    position: () => finished && { ...finished.position },
    mustFinish: () => hasBegun && !finished,
    streamState(name) {
      const feed = feeds.find(({ entry }) => entry.name === name)
      const opened = feedOf(name)
      if (feed?.finishedBefore) return completeState
      if (finished && opened) {
        const { start, byList } = finished.position
        const isByList = byList === undefined ? {} : { byList }
        return finishedFeedState(opened, { start, readTo: start, plan: settings, ...isByList })
      }
      return feed?.incremental ? (feed.given ?? freshState) : freshState
    },
    missing: (name) => missingOf(feedOf(name)),
  }
}

function restore(feeds: readonly Feed[], position: FilteredPosition): Finished {
  const opened = feeds.map((feed) => feed.open(position.start, position.feeds[feed.entry.name]))
  if (position.byContent) compareAll(opened)
  return { position, feeds: opened }
}

async function* listArrivals(
  options: FedWalkOptions,
  settings: string,
  end: (finished: Finished) => void,
): AsyncGenerator<Arrival, void, void> {
  const { root, client, ports } = options
  const begun = client.moment()
  const reading = openReading(options, begun.seconds())
  const { feeds, version } = reading
  const notes = options.feeds.flatMap((feed) => [...feed.notes, ...settingsChanged(feed, settings)])
  const tell = (entry: WalkLogLine) => void notes.push(entry)
  yield notesArrival(notes)
  let restarts = 0
  const onRestart = () => void restarts++
  let byList = false
  const onList = () => {
    byList = true
  }
  let byContent: boolean | undefined
  const from = () => Math.min(...feeds.map((feed) => feed.lower()))

  async function* pages(): AsyncGenerator<PageOfRecords, void, void> {
    for await (const { answer, size } of listParts({ root, client, ports, version, tell, from, onRestart, onList })) {
      // If there are more records than a state can remember, only their times are compared.
      byContent ??= root.filtered?.byContent === true && size !== undefined && size <= MOST_ENTRIES
      if (byContent) compareAll(feeds)
      // A list cannot bring records that an earlier list left out.
      if (!byList) notes.push(...feeds.flatMap((feed) => feed.makeUpForList() ?? []))
      yield { answer, rows: rowsOf(root, answer) }
    }
  }

  // Children are asked for across pages: else their requests would run out at the end of each page.
  const [records, ...ofChildren] = broadcast(pages(), 1 + reading.children.length, PAGES_HELD)
  const children = reading.children.flatMap((one, place) => {
    const own = ofChildren[place]
    return own ? [childArrivals(one, root, own)] : []
  })
  if (records) yield* merge([recordArrivals(reading, records, notes), ...children])
  for (const one of reading.children) yield* missedArrivals(one)
  yield notesArrival(notes)
  yield {
    take(sink) {
      const start = begun.seconds()
      for (const feed of feeds) {
        sink.count(feed.entry.name, 'restarts', restarts)
        for (const { level, message } of overlapNotes(feed, start)) sink.log(level, message)
      }
      const byName = Object.fromEntries(feeds.map((feed) => [feed.entry.name, feed.toJson()]))
      end({ position: { start, byList, byContent: byContent === true, feeds: byName }, feeds })
    },
  }
}

/** Children are asked for where their parents have moved, and are compared by all that is given of a parent. */
function compareAll(feeds: readonly OpenFeed[]): void {
  for (const feed of feeds) if (!feed.source.child) feed.compareAll()
}

/** @param start when the walk begins, Unix seconds */
function openReading(options: FedWalkOptions, start: number): ListReading {
  const version = options.config.api_version ?? defaultApiVersion
  const feeds = options.feeds.map((feed) => feed.open(start))
  return { options, version, feeds, children: listChildren(feeds, version, options) }
}

function rowsOf({ path, cursor }: StreamEntry, answer: ScannedAnswer): Row[] {
  return (answer.records ?? []).map((record) => readRow(answer.body, record, path, EVERYTHING, cursor))
}

async function* recordArrivals(
  { feeds }: ListReading,
  pages: AsyncIterable<PageOfRecords>,
  notes: WalkLogLine[],
): AsyncGenerator<Arrival, void, void> {
  const ofRecords = feeds.filter(({ source }) => !source.child)
  for await (const { answer, rows } of pages) {
    if (notes.length > 0) yield notesArrival(notes)
    yield {
      take(sink) {
        for (const row of rows) for (const feed of ofRecords) feed.deliver({ answer, row, children: undefined }, sink)
      },
    }
  }
}

/** The log entries so far, each once. */
function notesArrival(notes: WalkLogLine[]): Arrival {
  const entries = notes.splice(0)
  return {
    take(sink) {
      for (const { level, message } of entries) sink.log(level, message)
    },
  }
}
