import type { Feed } from './feed.ts'
import { completeState, doneState, freshState, type SearchWalkState, walkState } from './search-state.ts'
import { lowWaterMark } from './slice.ts'

/** The state of a stream that a search walk feeds, as of what has been taken. */
export function searchFeedState(
  feed: Feed,
  planned: { plan: string; walk: SearchWalkState; done: boolean } | undefined,
): Record<string, unknown> {
  const { incremental, previous, lower, entry } = feed
  if (feed.finishedBefore) return completeState
  if (!planned) return feed.given ?? freshState
  const { walk, plan, done } = planned
  const overlap = feed.overlap()
  if (done) {
    if (!incremental) return completeState
    return filteredFeedState(feed, walk.tail?.asked ?? walk.frozen, plan)
  }
  const order = walk.descending ? 'descending' : 'ascending'
  const mark = Math.min(lowWaterMark(walk.slices, order, walk.frozen), walk.frozen - overlap.seconds)
  const cursor = incremental ? Math.max(previous?.cursor ?? lower, lower, mark) : undefined
  return withParentState(walkState(cursor, plan, { ...walk, lower }), entry.child?.parent)
}

/** The state of a stream that has been read up to `readTo` (Unix seconds) with everything before it. */
export function filteredFeedState(feed: Feed, readTo: number, plan?: string): Record<string, unknown> {
  if (!feed.incremental) return completeState
  const overlap = feed.overlap()
  const cursor = Math.max(feed.previous?.cursor ?? feed.lower, readTo - overlap.seconds)
  const seen = overlap.seen.forState(cursor)
  return withParentState(
    doneState({ cursor, plan, readTo, seen, worstLag: overlap.worstLag() }),
    feed.entry.child?.parent,
  )
}

/** Airbyte's connector looks for the parent's cursor beside the child's. */
function withParentState(state: Record<string, unknown>, parent: string | undefined): Record<string, unknown> {
  if (parent === undefined || state.updated_at === undefined) return state
  const { updated_at, ...ours } = state
  return { updated_at, parent_state: { [parent]: { updated_at } }, ...ours }
}
