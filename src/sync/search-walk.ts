import type { TextEdit } from '../intercom/record-text.ts'
import type { SortOrder } from '../intercom/search-query.ts'
import { type Children, readChildren } from './children.ts'
import type { FedWalkOptions } from './feed.ts'
import { overfullNote, searchFeedState } from './feed-state.ts'
import { createListReader } from './list-reader.ts'
import { merge } from './merge.ts'
import type { OverlapJson } from './overlap.ts'
import type { Row, SearchEndpoint } from './search-pages.ts'
import { type SearchStart, startSearch } from './search-start.ts'
import { type SearchWalkState, type TailState, walkFromJson, walkToJson } from './search-state.ts'
import type { SearchWalkJson } from './search-state-schema.ts'
import { advance, advanceWithin, owns, type Slice } from './slice.ts'
import { readSlice, type SlicePage } from './slice-reader.ts'
import type { Arrival, Sink, Walk } from './walk.ts'

const MOST_ROUNDS = 3
/** Slices read side by side; how many requests are in flight is the budget's to say. */
const LANES = 8
/** The same where each page brings the children of its records with it. */
const LANES_WITH_CHILDREN = 3

/** A walk that has been planned. */
interface Planned {
  endpoint: Omit<SearchEndpoint, 'client' | 'entry'>
  plan: string
  walk: SearchWalkState
  done: boolean
}

interface SearchPosition extends Omit<Planned, 'walk'> {
  walk: SearchWalkJson
  overlaps: Record<string, OverlapJson>
}

/** A page, or a batch of one, on its way into the log. */
interface Taking {
  slice: Slice
  page: SlicePage
  order: SortOrder
  /** Rows to deliver; the page moves the slice with its last batch. */
  rows: readonly Row[]
  children?: ReadonlyMap<Row, Children>
  lists?: ReadonlyMap<Row, readonly TextEdit[]>
  lastBatch: boolean
}

/**
 * Reads records through their search endpoint. The plan is frozen at the start (time F), the data is not: slices own
 * what was updated before F, the tail owns what has been updated since and is read in rounds, because the data goes on
 * changing. A record that moves while it is being read is met again in the tail.
 */
export function createSearchWalk(options: FedWalkOptions): Walk {
  const { root, feeds, client } = options
  const childFeed = feeds.find((feed) => feed.entry.child)
  const listReader = createListReader(root, options)
  let planned = options.position && restore(options.position as unknown as SearchPosition)

  function restore({ overlaps, walk: json, ...position }: SearchPosition): Planned {
    const walk = walkFromJson(json)
    for (const feed of feeds) feed.begin(walk.frozen, overlaps[feed.entry.name])
    return { ...position, walk }
  }

  async function* arrivals(): AsyncGenerator<Arrival, void, void> {
    if (planned?.done || feeds.every((feed) => feed.finishedBefore)) return
    let current = planned
    if (!current) {
      const start = await startSearch(options)
      const { version, matching, echoRequired } = start.endpoint
      const fresh = { endpoint: { version, matching, echoRequired }, plan: start.plan, walk: start.walk, done: false }
      for (const feed of feeds) {
        feed.begin(start.walk.frozen)
        if (start.deliveredTo !== undefined) feed.overlap().seen.missUpTo(start.deliveredTo)
      }
      current = fresh
      yield { take: (sink) => takePlan(fresh, start, sink) }
    }
    yield* walkArrivals(current)
  }

  function takePlan(fresh: Planned, start: SearchStart, sink: Sink): void {
    planned = fresh
    for (const { level, message } of start.notes) sink.log(level, message)
    const own = feeds.find((feed) => feed.entry === root)
    if (own && start.estimate !== undefined) sink.estimate(root.name, start.estimate)
  }

  async function* walkArrivals(current: Planned): AsyncGenerator<Arrival, void, void> {
    const { walk } = current
    const endpoint: SearchEndpoint = { client, entry: root, ...current.endpoint }
    const order: SortOrder = walk.descending ? 'descending' : 'ascending'
    let tail = walk.tail
    const open = walk.slices.filter((slice) => !slice.done)
    const lanes = open.map((slice) => sliceArrivals(endpoint, slice, order))
    yield* merge(lanes, childFeed ? LANES_WITH_CHILDREN : LANES)
    // By calendar day the tail, too, is read newest first: its query begins two days before what it owns.
    const tailOrder: SortOrder = endpoint.matching === 'day' ? 'descending' : 'ascending'
    for (;;) {
      const round = tail ?? newRound(1, Math.max(walk.frozen, walk.lower))
      if (round.slice.done) {
        tail = newRound(round.round + 1, round.asked)
        continue
      }
      let pages = round.pages
      let last = false
      for await (const taking of readTakings(endpoint, round.slice, tailOrder)) {
        if (taking.lastBatch) pages++
        last = taking.lastBatch && taking.page.last && (pages === 1 || round.round === MOST_ROUNDS)
        const done = last
        yield { take: (sink) => takeTail(current, round, taking, done, sink) }
      }
      if (last) return
      tail = newRound(round.round + 1, round.asked)
    }
  }

  function newRound(round: number, from: number): TailState {
    const asked = Math.max(from, client.serverSeconds() ?? from)
    return { round, asked, pages: 0, slice: { from, to: null, done: false } }
  }

  async function* sliceArrivals(
    endpoint: SearchEndpoint,
    slice: Slice,
    order: SortOrder,
  ): AsyncGenerator<Arrival, void, void> {
    for await (const taking of readTakings(endpoint, slice, order)) yield { take: (sink) => takePage(taking, sink) }
  }

  /** The pages of a slice with their lists whole, cut into batches where the children of their records are wanted. */
  async function* readTakings(
    endpoint: SearchEndpoint,
    slice: Slice,
    order: SortOrder,
  ): AsyncGenerator<Taking, void, void> {
    const takenBefore = new Set(slice.ids)
    for await (const page of readSlice(endpoint, slice, order)) {
      const isNew = (row: Row) => owns(slice, row) && !takenBefore.has(row.id)
      const wantsLists = (row: Row) => isNew(row) && feeds.some((feed) => feed.wantsLists(page.answer, row))
      const lists = await listReader.complete(page, wantsLists)
      if (!childFeed) {
        yield { slice, page, order, rows: page.rows, lists, lastBatch: true }
        continue
      }
      const isWanted = (row: Row) => isNew(row) && childFeed.wantsChildren(row)
      const children = { client, entry: childFeed.entry, version: endpoint.version }
      for await (const batch of readChildren(children, page.rows, isWanted))
        yield { slice, page, order, rows: batch.rows, lists, children: batch.children, lastBatch: batch.last }
    }
  }

  function takeTail(current: Planned, round: TailState, taking: Taking, done: boolean, sink: Sink): void {
    current.walk.tail = round
    // The next round reads again from when this one was asked, and this one from when the last was: what was delivered
    // since may not be forgotten.
    const readAgainFrom = round.round === 1 ? round.asked : round.slice.from
    for (const feed of feeds) feed.overlap().seen.protectFrom(readAgainFrom)
    takePage(taking, sink)
    if (taking.lastBatch) round.pages++
    current.done = done
    if (!done) return
    for (const feed of feeds) {
      const message = overfullNote(feed, { start: current.walk.frozen, readTo: round.asked })
      if (message !== undefined) sink.log('INFO', message)
    }
  }

  function takePage({ slice, page, order, rows, lists, children, lastBatch }: Taking, sink: Sink): void {
    for (const { level, message } of listReader.takeNotes()) sink.log(level, message)
    const delivered = new Set(slice.to === null ? [] : slice.ids)
    for (const row of rows) {
      if (!owns(slice, row) || delivered.has(row.id) || isBeyond(page.again, row.updatedAt, order)) continue
      if (slice.to !== null) delivered.add(row.id)
      for (const feed of feeds) {
        feed.deliver({ answer: page.answer, row, children: children?.get(row), lists: lists?.get(row) }, sink)
      }
    }
    if (!lastBatch) {
      advanceWithin(slice, rows)
      return
    }
    advance(slice, page, order)
    if (page.short) {
      const { received, expected } = page.short
      sink.log('WARN', `${root.name}: Intercom counted ${expected} records in a slice and gave ${received}, twice`)
    }
  }

  return {
    streamNames: feeds.map((feed) => feed.entry.name),
    arrivals,
    streamState(name) {
      const feed = feeds.find(({ entry }) => entry.name === name)
      if (!feed) throw new Error(`${name} is not fed by this walk`)
      return searchFeedState(feed, planned)
    },
    position() {
      if (!planned) return undefined
      const overlaps = Object.fromEntries(feeds.map((feed) => [feed.entry.name, feed.overlap().toJson()]))
      return { ...planned, walk: walkToJson(planned.walk), overlaps }
    },
  }
}

/** On a page asked again: whether the record was delivered before the place that was gone back to. */
function isBeyond(again: number | undefined, updatedAt: number | undefined, order: SortOrder): boolean {
  if (again === undefined || updatedAt === undefined) return false
  return order === 'ascending' ? updatedAt < again : updatedAt > again
}
