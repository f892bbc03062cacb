import type { IntercomClient } from '../../intercom/client.ts'
import { withConfirmedAbsence } from '../../intercom/endpoints/confirmed.ts'
import { rootOf, type StreamEntry } from '../../streams/table.ts'
import type { SelectedStream, Walk, WalkContext } from '../contract/walk.ts'
import { walkPlaceOf } from '../state/search-state.ts'
import { createFeed, type FedWalkOptions, type Feed } from '../streams/feed.ts'
import type { FeedContext } from '../streams/open-feed.ts'
import { withTombstones } from '../tombstones/tombstone-walk.ts'
import { createChangesWalk } from './changes-walk.ts'
import { createFilteredWalk } from './filtered-walk.ts'
import { createLogWalk } from './log-walk.ts'
import { createPeriodWalk } from './period-walk.ts'
import { createSearchWalk } from './search/search-walk.ts'
import { createSnapshotWalk } from './snapshot-walk.ts'

/**
 * The walks that read the selected streams. A child stream and its parent stream share one walk, as do the streams of rows
 * inside their records, unless their states are at different places of a walk under way, or have different gaps. Then each
 * has its own walk.
 *
 * @param positionOf the latest result of a walk's `position()`, by the name of its first stream
 */
export function createWalks(
  streams: readonly SelectedStream[],
  context: WalkContext,
  positionOf: (name: string) => Record<string, unknown> | undefined,
): Walk[] {
  return groupStreams(streams, context).map((group) =>
    createWalk(group, context, positionOf(group.streams[0].entry.name)),
  )
}

/** Which of the selected streams share a walk. */
export function groupStreams(streams: readonly SelectedStream[], context: FeedContext): SharedWalk[] {
  const groups = new Map<string, SharedWalk>()
  const joined = joinedLists(streams)
  for (const stream of streams) {
    const root = rootOf(stream.entry)
    const feed = createFeed(stream, context)
    const { previous, finishedBefore } = feed
    const walkName = joined.get(root.name) ?? root.name
    const key = [walkName, finishedBefore, previous ? walkPlaceOf(previous) : 'fresh'].join()
    const shared = groups.get(key)
    const isApart = shared !== undefined && root.search !== undefined && asksForOthers(feed, shared.feeds)
    const group = isApart ? groups.get(`${key},${feed.source.name}`) : shared
    if (group) {
      group.streams.push(stream)
      group.feeds.push(feed)
    } else groups.set(isApart ? `${key},${feed.source.name}` : key, { root, streams: [stream], feeds: [feed] })
  }
  return [...groups.values()]
}

/**
 * Whether this feed wants another kind of children than one of `feeds`. A search walk can ask for one kind only, so the
 * feed then needs a walk of its own.
 */
function asksForOthers({ source }: Feed, feeds: readonly Feed[]): boolean {
  return source.child !== undefined && feeds.some((feed) => feed.source.child && feed.source !== source)
}

/** The lists that one walk reads because a stream has rows in all of them: the first of these by the name of each. */
function joinedLists(streams: readonly SelectedStream[]): ReadonlyMap<string, string> {
  const all = streams.flatMap(({ entry }) => (entry.derived ? [entry.derived.from] : []))
  return new Map(all.flatMap((from) => from.map((name) => [name, from[0]] as const)))
}

/** The streams of one walk. */
export interface SharedWalk {
  /** The stream whose records the walk looks for. */
  root: StreamEntry
  streams: [SelectedStream, ...SelectedStream[]]
  /** The feed of each of them. */
  feeds: [Feed, ...Feed[]]
}

function createWalk(
  { root, streams, feeds }: SharedWalk,
  shared: WalkContext,
  position: Record<string, unknown> | undefined,
): Walk {
  const { search, filtered, periods, log } = root
  const client = root.mayBeAbsent ? withConfirmedAbsence(shared.client, shared.ports) : shared.client
  const context = { ...shared, client: inTurns(client, root.name) }
  if (log) return createLogWalk(streams[0], context, position)
  if (!search && !filtered && !periods) return createSnapshotWalk(streams, context, position)
  if (periods) return createPeriodWalk({ ...context, root, feed: feeds[0], traits: periods, position })
  const options = { ...context, root, feeds, position }
  const walk = createRecordWalk(options)
  const own = feeds.find(({ entry }) => entry === root)
  // A job that reads up to a time only must not move what the state says about deletions.
  const isWanted = context.config.tombstones === 'airbyte' && context.until === Number.POSITIVE_INFINITY
  if (!isWanted || !root.tombstones || !own?.incremental) return walk
  return withTombstones(walk, { stream: own.stream, streams, traits: root.tombstones }, context, position)
}

function createRecordWalk(options: FedWalkOptions): Walk {
  const { search, filtered } = options.root
  if (search) return createSearchWalk(options)
  return filtered?.changes ? createChangesWalk(options, filtered.changes) : createFilteredWalk(options)
}

/**
 * The same client for the requests of one walk, which take turns with those of the others. The first one is urgent: it
 * shows how much there is, and somebody may be waiting to see anything at all.
 */
function inTurns(client: IntercomClient, turn: string): IntercomClient {
  let isFirst = true
  return {
    ...client,
    ask(request, read) {
      const urgent = isFirst && { isUrgent: true }
      isFirst = false
      return client.ask({ ...request, ...urgent, turn }, read)
    },
  }
}
