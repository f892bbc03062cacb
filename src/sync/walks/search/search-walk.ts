import type { StreamEntry } from '../../../streams/table.ts'
import { merge } from '../../concurrency/merge.ts'
import type { Arrival, Sink, Walk } from '../../contract/walk.ts'
import { missingOf } from '../../output/missing.ts'
import type { HeldPage } from '../../pages/search-pages.ts'
import { readPosition, SearchPosition } from '../../state/position-schema.ts'
import { walkFromJson, walkToJson } from '../../state/search-state.ts'
import { joinDone, type Slice } from '../../state/slice.ts'
import type { FedWalkOptions, Feed } from '../../streams/feed.ts'
import { searchFeedState } from '../../streams/feed-state.ts'
import { goneArrivals, retryArrivals } from './parent-arrivals.ts'
import { createSearchReading } from './search-reading.ts'
import { type SearchStart, startSearch } from './search-start.ts'
import { sliceArrivals } from './slice-arrivals.ts'
import { sliceLanes } from './slice-lanes.ts'
import { tailArrivals } from './tail-arrivals.ts'
import { finish, type Planned, type Traversal } from './traversal.ts'
import { takenUpAgain } from './walk-times.ts'

/** Slices read side by side: as many as use up the limit, within these. */
const LANES = { fewest: 8, most: 128 }
/** Slices read side by side where the children of each page's records have to be read as well. */
const LANES_WITH_CHILDREN = 3

/**
 * Reads records through their search endpoint. The plan is frozen at the start (time F), but the data keeps changing.
 * So slices own everything updated before F, and the tail owns everything updated since and is read in passes. A record
 * that moves while it is being read is met again in the tail.
 *
 * @param begun how it begins, where that is known already
 */
export function createSearchWalk(options: FedWalkOptions, begun?: SearchStart): Walk {
  const { feeds } = options
  let planned = options.position && restore(options, readPosition(SearchPosition, options.position, options.root.name))

  async function* arrivals(): AsyncGenerator<Arrival, void, void> {
    if (planned?.done || feeds.every((feed) => feed.finishedBefore)) return
    if (!planned) {
      const start = begun ?? (await startSearch(options))
      const opened = begin(options, start)
      yield {
        take(sink) {
          planned = opened
          tellStart(options, start, sink)
        },
      }
      yield* walkArrivals(options, opened, start.held)
      return
    }
    yield* walkArrivals(options, planned, new Map())
  }

  return {
    streamNames: feeds.map((feed) => feed.entry.name),
    arrivals,
    streamState: (name) => searchFeedState(feedOf(feeds, name), planned),
    position() {
      if (!planned) return undefined
      const byName = Object.fromEntries(planned.feeds.map((feed) => [feed.entry.name, feed.toJson()]))
      const walk = walkToJson(planned.walk)
      return { ...planned, walk: { ...walk, slices: joinDone(walk.slices) }, feeds: byName }
    },
    missing: (name) => planned && missingOf(feedOf(planned.feeds, name), planned.walk.slices),
  }
}

/** Restores the walk as the earlier attempt left it. */
function restore(
  { client, feeds, root }: FedWalkOptions,
  { feeds: given, walk: json, ...position }: SearchPosition,
): Planned {
  const walk = takenUpAgain(walkFromJson(json), client)
  return {
    ...position,
    walk,
    feeds: feeds.map((feed) => feed.open(walk.frozen, given[feed.entry.name], overlapOf(root))),
  }
}

function begin({ feeds, root }: FedWalkOptions, { endpoint, plan, walk, deliveredTo }: SearchStart): Planned {
  const opened = feeds.map((feed) => feed.open(walk.frozen, undefined, overlapOf(root)))
  if (deliveredTo !== undefined) for (const { overlap } of opened) overlap.seen.missUpTo(deliveredTo)
  const { version, matching, echoRequired } = endpoint
  return { feeds: opened, endpoint: { version, matching, echoRequired }, plan, walk, done: false, retried: false }
}

/** Seconds; undefined for the usual overlap of each stream. */
function overlapOf({ filtered }: StreamEntry): number | undefined {
  return filtered?.changes?.overlapSeconds
}

function tellStart({ root, feeds }: FedWalkOptions, { notes, estimate }: SearchStart, sink: Sink): void {
  for (const { level, message } of notes) sink.log(level, message)
  const isSelected = feeds.some((feed) => feed.entry === root)
  if (isSelected && estimate !== undefined) sink.estimate(root.name, estimate)
}

async function* walkArrivals(
  options: FedWalkOptions,
  planned: Planned,
  held: Map<Slice, HeldPage>,
): AsyncGenerator<Arrival, void, void> {
  const reading = createSearchReading(options, planned.feeds)
  const endpoint = { client: options.client, entry: options.root, ...planned.endpoint }
  const traversal: Traversal = { options, reading, endpoint, planned, cuts: 0 }
  yield* retryArrivals(traversal)
  const { budget } = options.client
  const lanes = sliceLanes({
    walk: planned.walk,
    endpoint,
    most: reading.asksChildren ? LANES_WITH_CHILDREN : LANES.most,
    // Each lane holds a page.
    allowed: () => Math.min(Math.max(LANES.fewest, budget.lanes()), budget.withinMemory()),
    held,
    read: (slice, first) => sliceArrivals(traversal, slice, first),
  })
  yield* merge(lanes)
  // A range that ends in the past has no tail.
  if (options.until > planned.walk.frozen) yield* tailArrivals(traversal)
  yield* goneArrivals(traversal)
  yield { take: (sink) => finish(traversal, sink) }
}

function feedOf<Fed extends Pick<Feed, 'entry'>>(feeds: readonly Fed[], name: string): Fed {
  const feed = feeds.find(({ entry }) => entry.name === name)
  if (!feed) throw new Error(`${name} is not fed by this walk`)
  return feed
}
