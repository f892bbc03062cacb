import { rootOf } from '../../streams/table.ts'
import type { WalkLogLine } from '../contract/walk.ts'
import { completeState, doneState, freshState, type SearchWalkState, walkState } from '../state/search-state.ts'
import { splitWaiting } from '../state/set-aside.ts'
import { lowWaterMark, type Slice } from '../state/slice.ts'
import type { Feed } from './feed.ts'
import { remainingGaps } from './gaps.ts'
import type { OpenFeed } from './open-feed.ts'

/** A walk with its plan, as of the arrivals taken. */
export interface PlannedWalk {
  feeds: readonly OpenFeed[]
  plan: string
  walk: SearchWalkState
  done: boolean
}

/** The state of a stream that a search walk feeds, as of the arrivals taken. */
export function searchFeedState(feed: Feed, planned: PlannedWalk | undefined): Record<string, unknown> {
  if (feed.finishedBefore) return completeState
  const opened = planned?.feeds.find(({ entry }) => entry === feed.entry)
  if (!planned || !opened) return feed.given ?? freshState
  const { walk, plan, done } = planned
  if (!done) return underWayState(opened, planned)
  const readTo = walk.tail?.asked ?? walk.frozen
  const byList = leavesOut(feed)
  return finishedFeedState(opened, { start: walk.frozen, readTo, plan, isResumable: true, slices: walk.slices, byList })
}

/** Whether a search of the feed's records stands in for a list, and leaves some of them out. */
function leavesOut({ entry }: Pick<Feed, 'entry'>): boolean {
  return rootOf(entry).filtered !== undefined
}

/** Since when the list that holds all records was not read. Unix seconds. */
function listedFrom({ lower, previous }: OpenFeed): number {
  return Math.min(lower(), previous?.listedFrom ?? Number.POSITIVE_INFINITY)
}

function underWayState(feed: OpenFeed, { walk, plan }: PlannedWalk): Record<string, unknown> {
  const overlap = feed.overlap
  const order = walk.descending ? 'descending' : 'ascending'
  const retryIds = new Map([...Object.entries(feed.previous?.retryIds ?? {}), ...feed.pendingParents.all()])
  const mark = Math.min(
    lowWaterMark(walk.slices, order, walk.frozen),
    walk.tail?.slice.from ?? walk.frozen,
    walk.frozen - overlap.seconds(),
    ...retryIds.values(),
  )
  const cursor = feed.incremental ? Math.max(feed.pendingFrom(), mark) : undefined
  const underWay = {
    field: feed.entry.cursor ?? 'updated_at',
    cursor,
    plan,
    worstLag: overlap.worstLag(),
    retryIds,
    listedFrom: leavesOut(feed) ? listedFrom(feed) : undefined,
  }
  return withParentState(walkState({ ...underWay, walk: { ...walk, lower: feed.lower() } }), feed.entry.child?.parent)
}

/** What a finished walk has read. Times are Unix seconds. */
interface Finished {
  start: number
  readTo: number
  /** Fingerprint of the settings. */
  plan: string
  /** Whether a full refresh that could not read everything can continue with the missing parts. @defaultValue false */
  isResumable?: true
  /** Whether a list or a search that leaves records out was read instead of the complete list. */
  byList?: boolean
  /** For walks that can leave gaps. @defaultValue none */
  slices?: readonly Slice[]
}

/**
 * The state of a stream that has been read completely up to `readTo` (Unix seconds), except for unreadable parts. The
 * cursor stays before those. The next sync tries them first, and then continues where it would have continued without
 * them.
 */
export function finishedFeedState(
  feed: OpenFeed,
  { start, readTo, plan, isResumable, byList, slices = [] }: Finished,
): Record<string, unknown> {
  const gaps = remainingGaps(feed, slices)
  const { waiting, stretches } = feed.source.child
    ? { waiting: feed.pendingParents.all(), stretches: gaps }
    : splitWaiting(gaps)
  const isIncomplete = waiting.size > 0 || stretches.length > 0
  if (!feed.incremental && !isIncomplete) return completeState
  // A stream that is read whole and cannot continue from the middle begins anew. Only this brings the missing records.
  if (!feed.incremental && !isResumable) return freshState
  const overlap = feed.overlap
  const goOnFrom = finalCursor(feed, start)
  const claimed = Math.min(goOnFrom, ...stretches.map(({ from }) => from), ...waiting.values())
  const done = {
    field: feed.entry.cursor ?? 'updated_at',
    cursor: feed.incremental ? claimed : undefined,
    plan,
    began: start,
    readTo,
    remembered: overlap.rememberedFor(goOnFrom, isIncomplete),
    worstLag: overlap.worstLag(),
    retryIds: waiting,
    listedFrom: byList ? listedFrom(feed) : undefined,
    gaps: stretches,
    goOnFrom,
  }
  return withParentState(doneState(done), feed.entry.child?.parent)
}

/**
 * The log entries about the overlap at the end of a walk: too much changed to be remembered, or the overlap was hardly
 * enough.
 */
export function overlapNotes(feed: OpenFeed, start: number): WalkLogLine[] {
  const { rememberedFor, seconds, narrowEscape } = feed.overlap
  if (!feed.incremental) return []
  const notes: WalkLogLine[] = []
  const minutes = Math.ceil(seconds() / 60)
  if (rememberedFor(finalCursor(feed, start), false).seen === undefined) {
    const message =
      `${feed.entry.name}: too much changed in the last ${minutes} minutes to remember all of it: ` +
      'the next sync delivers those records again'
    notes.push({ level: 'INFO', message })
  }
  const lag = narrowEscape()
  if (lag !== undefined) {
    const message =
      `${feed.entry.name}: Intercom showed a record only ${lag} s after it had changed, which is as late as the last ` +
      `sync allowed for, so others may have come later still. From now on ${minutes} minutes are read again each time; ` +
      'sync once with lookback_window: 1 to read the last day again'
    notes.push({ level: 'WARN', message })
  }
  return notes
}

/**
 * The cursor lies behind the beginning of the walk by the overlap, but never behind the point that the last sync had
 * reached. The overlap counts from the beginning, because only the tail shows younger records, and a slice may have
 * been read as soon as the walk began.
 */
function finalCursor({ reachedBefore, lower, overlap }: OpenFeed, start: number): number {
  return Math.max(reachedBefore(start) ?? lower(), start - overlap.seconds())
}

/** Airbyte's connector expects the parent's cursor beside the child's. */
function withParentState(state: Record<string, unknown>, parent: string | undefined): Record<string, unknown> {
  if (parent === undefined || state.updated_at === undefined) return state
  const { updated_at, ...ours } = state
  return { updated_at, parent_state: { [parent]: { updated_at } }, ...ours }
}
