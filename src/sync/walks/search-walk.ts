import type { SortOrder } from '../../intercom/endpoints/search-query.ts'
import { readStored } from '../../stored/stored-data.ts'
import type { Arrival, Sink, Walk } from '../contract/walk.ts'
import { missingOf } from '../delivery/missing.ts'
import { cutAround, describeRange, sliceBefore, UnreadablePageError } from '../pages/narrowing.ts'
import type { SearchEndpoint } from '../pages/search-pages.ts'
import { confirmSearch, holdsOneRecord, NARROWEST_SECONDS } from '../pages/search-plan.ts'
import { advance, advanceWithin } from '../pages/slice-progress.ts'
import { SearchPosition } from '../state/position.ts'
import { type SearchWalkState, type TailState, walkFromJson, walkToJson } from '../state/search-state.ts'
import { ofWhatWasBegun, orderOf, type Slice } from '../state/slice.ts'
import { askGoneAgain, findChildren } from '../streams/children.ts'
import type { FedWalkOptions, Feed } from '../streams/feed.ts'
import { overlapNotes, type PlannedWalk, searchFeedState } from '../streams/feed-state.ts'
import { deliverRows } from './deliver-rows.ts'
import { merge } from './merge.ts'
import { createSearchReading, type Taking, tellCounts } from './search-reading.ts'
import { type SearchStart, startSearch } from './search-start.ts'
import { sliceLanes } from './slice-lanes.ts'
import { firstRound, tailRound, takenUpAgain } from './walk-times.ts'

const MOST_ROUNDS = 3
/** Slices read side by side; how many requests are in flight is the budget's to say. */
const LANES = 8
/** The same where each page brings the children of its records with it. */
const LANES_WITH_CHILDREN = 3
/** How often a walk is cut around places that cannot be had; from then on what fails is set aside as it is. */
const MOST_CUTS = 64

/** A walk that has been planned. */
interface Planned extends PlannedWalk {
  endpoint: Omit<SearchEndpoint, 'client' | 'entry'>
  /** What the last sync could not read has been tried again. */
  retried: boolean
}

/**
 * Reads records through their search endpoint. The plan is frozen at the start (time F), the data is not: slices own
 * what was updated before F, the tail owns what has been updated since and is read in rounds, because the data goes on
 * changing. A record that moves while it is being read is met again in the tail.
 */
export function createSearchWalk(options: FedWalkOptions): Walk {
  const { root, feeds, client, ports } = options
  const reading = createSearchReading(options)
  let planned =
    options.position && restore(readStored(SearchPosition, options.position, `the position of ${root.name}`))
  let cuts = 0
  /** Up to here (Unix seconds) the tail could not be read, and slices have taken its place. */
  let takenOverTo = Number.NEGATIVE_INFINITY

  function restore({ feeds: given, walk: json, ...position }: SearchPosition): Planned {
    const walk = takenUpAgain(walkFromJson(json), client)
    for (const feed of feeds) {
      feed.begin(walk.frozen, given[feed.entry.name])
      for (const [id, updatedAt] of feed.owed.gone()) reading.gone.note({ id, updatedAt }, ports.clock.monotonic())
    }
    return { ...position, walk }
  }

  async function* arrivals(): AsyncGenerator<Arrival, void, void> {
    if (planned?.done || feeds.every((feed) => feed.finishedBefore)) return
    let current = planned
    if (!current) {
      const start = await startSearch(options)
      const { plan, walk } = start
      const { version, matching, echoRequired } = start.endpoint
      const fresh = { endpoint: { version, matching, echoRequired }, plan, walk, done: false, retried: false }
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
    const { askedFeed, childFeed } = reading
    if (childFeed && !current.retried) yield* retryArrivals(current, childFeed)
    const read = (slice: Slice) => sliceArrivals(current, endpoint, slice)
    yield* merge(sliceLanes(walk, endpoint, askedFeed ? LANES_WITH_CHILDREN : LANES, read))
    let round = walk.tail ?? firstRound(client, walk)
    for (;;) {
      if (round.slice.done) round = nextRound(round)
      const hasEnded = yield* tailArrivals(current, endpoint, round)
      if (hasEnded) break
      round = nextRound(round)
    }
    if (childFeed) yield* goneArrivals(current, childFeed)
    yield { take: (sink) => finish(current, sink) }
  }

  /** Of parents that Intercom has said are gone, whether they are. */
  async function* goneArrivals(current: Planned, feed: Feed): AsyncGenerator<Arrival, void, void> {
    for await (const { parent, children } of askGoneAgain(reading.childEndpoint(feed, current.endpoint.version)))
      yield { take: (sink) => feed.deliverChildren(parent, children, sink) }
  }

  /** What the last sync could not have comes first. */
  async function* retryArrivals(current: Planned, feed: Feed): AsyncGenerator<Arrival, void, void> {
    const endpoint = reading.childEndpoint(feed, current.endpoint.version)
    for (const [id, updatedAt] of Object.entries(feed.previous?.retryIds ?? {})) {
      const parent = { id, updatedAt }
      const children = await findChildren(endpoint, parent)
      yield { take: (sink) => feed.deliverChildren(parent, children, sink) }
    }
    yield {
      take() {
        current.retried = true
      },
    }
  }

  /** One round of the tail. @returns whether it was the last */
  async function* tailArrivals(
    current: Planned,
    endpoint: SearchEndpoint,
    round: TailState,
  ): AsyncGenerator<Arrival, boolean, void> {
    // By calendar day the tail, too, is read newest first: its query begins two days before what it owns.
    const order: SortOrder = endpoint.matching === 'day' ? 'descending' : 'ascending'
    let pages = round.pages
    let last = false
    // What it is to bring may be younger than it is said to have been asked at: clocks may disagree.
    const end = Math.max(round.asked, client.latestSeconds())
    try {
      for await (const taking of reading.read(endpoint, round.slice, order, settledTo(current))) {
        if (taking.lastBatch) pages++
        last = taking.lastBatch && taking.page.last && (pages === 1 || round.round === MOST_ROUNDS)
        // With the last page the walk has come to its end, unless Intercom is to be asked about a parent once more.
        const done = last && !reading.gone.any()
        yield { take: (sink) => takeTail(current, round, taking, done, sink) }
      }
      return last
    } catch (error) {
      if (!(error instanceof UnreadablePageError)) throw error
      await confirmSearch(endpoint)
      const slice = sliceBefore(end, error.rest, order)
      takenOverTo = slice.to ?? end
      yield { take: () => void current.walk.slices.push(slice) }
      if (!slice.done) yield* sliceArrivals(current, endpoint, slice)
      if (round.round < MOST_ROUNDS) return false
      yield { take: () => void Object.assign(current.walk, { tail: round }) }
      return true
    }
  }

  function nextRound(before: TailState): TailState {
    return tailRound(client, before.round + 1, () => before.asked, takenOverTo)
  }

  /** A slice to its end, and around what cannot be had of it. */
  async function* sliceArrivals(
    current: Planned,
    endpoint: SearchEndpoint,
    slice: Slice,
  ): AsyncGenerator<Arrival, void, void> {
    const { walk } = current
    const walkOrder: SortOrder = walk.descending ? 'descending' : 'ascending'
    try {
      for await (const taking of reading.read(endpoint, slice, orderOf(slice, walkOrder), settledTo(current)))
        yield { take: (sink) => takePage(current, taking, sink) }
    } catch (error) {
      if (!(error instanceof UnreadablePageError)) throw error
      await confirmSearch(endpoint)
      const isEnough = ++cuts > MOST_CUTS || (await holdsOneRecord(endpoint, error.rest))
      const narrowest = isEnough ? Infinity : NARROWEST_SECONDS[endpoint.matching]
      const parts = cutAround(error.rest, walkOrder, narrowest).map(ofWhatWasBegun)
      yield { take: (sink) => takeParts(walk, slice, parts, error, sink) }
      for (const part of parts) if (!part.aside) yield* sliceArrivals(current, endpoint, part)
    }
  }

  function takeParts({ slices }: SearchWalkState, slice: Slice, parts: Slice[], error: Error, sink: Sink): void {
    slices.splice(slices.indexOf(slice), 1, ...parts)
    // Intercom's words may name the record; where they do not, the stretch of time is all there is.
    for (const part of parts.filter(({ aside }) => aside))
      sink.log('WARN', `${root.name}: ${error.message}: what was updated from ${describeRange(part)} is set aside`)
  }

  function takeTail(current: Planned, round: TailState, taking: Taking, done: boolean, sink: Sink): void {
    current.walk.tail = round
    // The next round reads again from when this one was asked, and this one from when the last was: what was delivered
    // since may not be forgotten.
    const readAgainFrom = round.round === 1 ? round.asked : round.slice.from
    for (const feed of feeds) feed.overlap().seen.protectFrom(readAgainFrom)
    takePage(current, taking, sink)
    if (taking.lastBatch) round.pages++
    if (done) finish(current, sink)
  }

  function finish(current: Planned, sink: Sink): void {
    if (current.done) return
    current.done = true
    for (const { level, message } of feeds.flatMap((feed) => overlapNotes(feed, current.walk.frozen)))
      sink.log(level, message)
  }

  function takePage({ walk }: Planned, taking: Taking, sink: Sink): void {
    const { slice, page, asked, rows, lastBatch } = taking
    for (const { level, message } of reading.takeNotes()) sink.log(level, message)
    deliverRows(walk, feeds, taking, sink)
    if (!lastBatch) {
      advanceWithin(slice, rows)
      return
    }
    advance(slice, page, asked.order, asked.settledTo)
    if (page.counts) tellCounts(options, page.counts, sink)
  }

  function feedOf(name: string): Feed {
    const feed = feeds.find(({ entry }) => entry.name === name)
    if (!feed) throw new Error(`${name} is not fed by this walk`)
    return feed
  }

  /** What changed before this the index shows at its time: its lag is never longer than the overlap allows. Unix seconds. */
  function settledTo({ walk }: Planned): number {
    return walk.frozen - Math.max(...feeds.map((feed) => feed.overlap().seconds()))
  }

  return {
    streamNames: feeds.map((feed) => feed.entry.name),
    arrivals,
    streamState: (name) => searchFeedState(feedOf(name), planned),
    position() {
      if (!planned) return undefined
      const byName = Object.fromEntries(feeds.map((feed) => [feed.entry.name, feed.toJson()]))
      return { ...planned, walk: walkToJson(planned.walk), feeds: byName }
    },
    missing: (name) => missingOf(feedOf(name), planned?.walk.slices),
  }
}
