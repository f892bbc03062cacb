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
import { lowWaterMark } from './slice.ts'

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
  if (isIncomplete(feed, walk)) return gapState(feed, planned, readTo)
  return finishedFeedState(feed, { start: walk.frozen, readTo, plan })
}

/** Whether something of a stream could not be read although its walk has come to its end. */
export function isIncomplete(feed: Feed, walk: SearchWalkState): boolean {
  return feed.unread().size > 0 || owedGaps(feed, walk.slices).length > 0
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

/**
 * The state of a walk that has come to its end but for what could not be read: its cursor claims nothing that is
 * missing, and the next sync tries that first, and goes on where an increment would.
 */
function gapState(feed: Feed, { walk, plan }: PlannedWalk, readTo: number): Record<string, unknown> {
  const overlap = feed.overlap()
  const goOnFrom = finalCursor(feed, walk.frozen, readTo)
  const gaps = owedGaps(feed, walk.slices)
  const retryIds = feed.unread()
  const mark = Math.min(goOnFrom, ...gaps.map((slice) => slice.from), ...retryIds.values())
  const cursor = feed.incremental ? mark : undefined
  const seen = overlap.seenForState(goOnFrom, true)
  const worstLag = overlap.worstLag()
  return withParentState(
    doneState({ field: 'updated_at', cursor, plan, readTo, seen, worstLag, retryIds, gaps, goOnFrom }),
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
}

/** The state of a stream that has been read up to `readTo` (Unix seconds) with everything before it. */
export function finishedFeedState(feed: Feed, { start, readTo, plan, byList }: Finished): Record<string, unknown> {
  const retryIds = feed.unread()
  // A list that is read whole each time begins anew: nothing less would bring what is missing.
  if (!feed.incremental) return retryIds.size > 0 ? freshState : completeState
  const overlap = feed.overlap()
  const readAgainFrom = finalCursor(feed, start, readTo)
  const seen = overlap.seenForState(readAgainFrom, retryIds.size > 0)
  const cursor = Math.min(readAgainFrom, ...retryIds.values())
  const field = feed.entry.cursor ?? 'updated_at'
  const listedFrom = byList ? Math.min(feed.lower, feed.previous?.listedFrom ?? Infinity) : undefined
  return withParentState(
    doneState({
      field,
      cursor,
      plan,
      readTo,
      seen,
      worstLag: overlap.worstLag(),
      retryIds,
      listedFrom,
      goOnFrom: readAgainFrom,
    }),
    feed.entry.child?.parent,
  )
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
