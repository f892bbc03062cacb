import type { Feed } from './feed.ts'
import {
  completeState,
  creditedCursor,
  doneState,
  freshState,
  type SearchWalkState,
  walkState,
} from './search-state.ts'
import { lowWaterMark } from './slice.ts'

/** The state of a stream that a search walk feeds, as of what has been taken. */
export function searchFeedState(
  feed: Feed,
  planned: { plan: string; walk: SearchWalkState; done: boolean } | undefined,
): Record<string, unknown> {
  const { incremental, lower, entry } = feed
  if (feed.finishedBefore) return completeState
  if (!planned) return feed.given ?? freshState
  const { walk, plan, done } = planned
  const overlap = feed.overlap()
  if (done) {
    if (!incremental) return completeState
    return finishedFeedState(feed, { start: walk.frozen, readTo: walk.tail?.asked ?? walk.frozen, plan })
  }
  const order = walk.descending ? 'descending' : 'ascending'
  const mark = Math.min(lowWaterMark(walk.slices, order, walk.frozen), walk.frozen - overlap.seconds)
  const cursor = incremental ? Math.max(lower, mark) : undefined
  return withParentState(
    walkState({ cursor, plan, walk: { ...walk, lower }, worstLag: overlap.worstLag() }),
    entry.child?.parent,
  )
}

/** What a finished walk has read: when it began and up to when it read, Unix seconds. */
export interface Finished {
  start: number
  readTo: number
  /** Fingerprint of the settings, of walks that have a plan. */
  plan?: string
}

/** The state of a stream that has been read up to `readTo` (Unix seconds) with everything before it. */
export function finishedFeedState(feed: Feed, { start, readTo, plan }: Finished): Record<string, unknown> {
  if (!feed.incremental) return completeState
  const overlap = feed.overlap()
  const cursor = finalCursor(feed, start, readTo)
  const seen = overlap.seen.forState(cursor)
  return withParentState(
    doneState({ cursor, plan, readTo, seen, worstLag: overlap.worstLag() }),
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

/** Behind the time that was read to, by the overlap; never behind where the last sync had come to. */
function finalCursor({ previous, lower, overlap }: Feed, start: number, readTo: number): number {
  const before = previous?.cursor === undefined ? lower : creditedCursor(previous.cursor, start)
  return Math.max(before, readTo - overlap().seconds)
}

/** Airbyte's connector looks for the parent's cursor beside the child's. */
function withParentState(state: Record<string, unknown>, parent: string | undefined): Record<string, unknown> {
  if (parent === undefined || state.updated_at === undefined) return state
  const { updated_at, ...ours } = state
  return { updated_at, parent_state: { [parent]: { updated_at } }, ...ours }
}
