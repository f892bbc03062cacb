import type { Feed } from './feed.ts'
import { owedGaps } from './gaps.ts'
import {
  completeState,
  creditedCursor,
  doneState,
  freshState,
  reachedBy,
  type SearchWalkState,
  walkState,
} from './search-state.ts'
import { lowWaterMark, type Slice } from './slice.ts'

/** A walk with its plan, as far as it has been taken. */
export interface PlannedWalk {
  plan: string
  walk: SearchWalkState
  done: boolean
}

/** The state of a stream that a search walk feeds, as of what has been taken. */
export function searchFeedState(feed: Feed, planned: PlannedWalk | undefined): Record<string, unknown> {
  if (feed.finishedBefore) return completeState
  if (!planned) return feed.given ?? freshState
  const { walk, plan, done } = planned
  if (!done) return underWayState(feed, planned)
  const readTo = walk.tail?.asked ?? walk.frozen
  return finishedFeedState(feed, { start: walk.frozen, readTo, plan, slices: walk.slices })
}

function underWayState(feed: Feed, { walk, plan }: PlannedWalk): Record<string, unknown> {
  const overlap = feed.overlap()
  const order = walk.descending ? 'descending' : 'ascending'
  const retryIds = new Map([...Object.entries(feed.previous?.retryIds ?? {}), ...feed.unread()])
  const mark = Math.min(
    lowWaterMark(walk.slices, order, walk.frozen),
    walk.frozen - overlap.seconds,
    ...retryIds.values(),
  )
  const cursor = feed.incremental ? Math.max(feed.owedFrom, mark) : undefined
  return withParentState(
    walkState({ cursor, plan, walk: { ...walk, lower: feed.lower }, worstLag: overlap.worstLag(), retryIds }),
    feed.entry.child?.parent,
  )
}

/** What a finished walk has read: when it began and up to when it read, Unix seconds. */
export interface Finished {
  start: number
  readTo: number
  /** Fingerprint of the settings, of walks that have a plan. */
  plan?: string
  /** Whether a list that leaves records out stood in for the whole. */
  byList?: boolean
  /** Of walks that can leave gaps. @defaultValue none */
  slices?: readonly Slice[]
}

/**
 * The state of a stream that has been read up to `readTo` (Unix seconds) with everything before it, but for what could
 * not be had: its cursor claims nothing of that, and the next sync tries it first and goes on where it would have.
 */
export function finishedFeedState(
  feed: Feed,
  { start, readTo, plan, byList, slices = [] }: Finished,
): Record<string, unknown> {
  const retryIds = feed.unread()
  const gaps = owedGaps(feed, slices)
  const isIncomplete = retryIds.size > 0 || gaps.length > 0
  if (!feed.incremental && !isIncomplete) return completeState
  // What is read whole and cannot go on from the middle begins anew: nothing less would bring what is missing.
  if (!feed.incremental && plan === undefined) return freshState
  const overlap = feed.overlap()
  const goOnFrom = finalCursor(feed, start, readTo)
  const claimed = Math.min(goOnFrom, ...gaps.map(({ from }) => from), ...retryIds.values())
  const done = {
    field: feed.entry.cursor ?? 'updated_at',
    cursor: feed.incremental ? claimed : undefined,
    plan,
    readTo,
    seen: overlap.seenForState(goOnFrom, isIncomplete),
    worstLag: overlap.worstLag(),
    retryIds,
    listedFrom: byList ? Math.min(feed.lower, feed.previous?.listedFrom ?? Infinity) : undefined,
    gaps,
    goOnFrom,
  }
  return withParentState(doneState(done), feed.entry.child?.parent)
}

/** What to say of an overlap of which too much changed to be remembered; undefined when all of it was. */
export function overfullNote(feed: Feed, { start, readTo }: Finished): string | undefined {
  const { seen, seconds } = feed.overlap()
  if (!feed.incremental || seen.forState(finalCursor(feed, start, readTo)) !== undefined) return undefined
  return (
    `${feed.entry.name}: what changed in the last ${Math.ceil(seconds / 60)} minutes cannot be remembered whole: ` +
    'the next sync delivers it again'
  )
}

/**
 * Behind the time that was read to, by the overlap; never behind where the last sync had come to. What the index shows
 * late is caught by the tail only as far as it is younger than the walk: of a walk that took long, what was updated just
 * before it began may have been indexed after its slice was read, so there the overlap counts from the beginning.
 */
function finalCursor({ previous, lower, overlap }: Feed, start: number, readTo: number): number {
  const reached = previous && reachedBy(previous)
  const before = reached === undefined ? lower : creditedCursor(reached, start)
  const { seconds } = overlap()
  const tookLong = readTo - start > seconds / 2
  return Math.max(before, (tookLong ? start : readTo) - seconds)
}

/** Airbyte's connector looks for the parent's cursor beside the child's. */
function withParentState(state: Record<string, unknown>, parent: string | undefined): Record<string, unknown> {
  if (parent === undefined || state.updated_at === undefined) return state
  const { updated_at, ...ours } = state
  return { updated_at, parent_state: { [parent]: { updated_at } }, ...ours }
}
