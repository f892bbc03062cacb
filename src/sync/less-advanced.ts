import type { SearchState, SearchWalkState, TailState } from './search-state.ts'
import { type Slice, takenOf } from './slice.ts'

/**
 * Where two streams of one walk both stand: their states were written at different moments of it. What lies between is
 * delivered again to the one that was further, as delivery across jobs is at least once.
 */
export function lessAdvanced(one: SearchWalkState, other: SearchWalkState): SearchWalkState {
  const forward = !one.descending
  const slices = one.slices.map((slice) => {
    const twin = other.slices.find((candidate) => isSame(candidate, slice))
    return twin ? lessAdvancedSlice(slice, twin, forward) : slice
  })
  const tail = slices.every((slice) => slice.done) ? lessAdvancedTail(one.tail, other.tail) : undefined
  const { tail: _, ...walk } = one
  return { ...walk, lower: Math.min(one.lower, other.lower), slices, ...(tail && { tail }) }
}

/**
 * Streams share a walk only when these agree: the same plan, frozen at the same moment, cut at the same places; of
 * walks that have ended, the same gaps.
 */
export function walkIdentity({ plan, walk, gaps }: Pick<SearchState, 'plan' | 'walk' | 'gaps'>): string {
  if (!walk) return gaps.length > 0 ? JSON.stringify(gaps) : 'fresh'
  const cuts = walk.slices.map(({ from, to, created }) => [from, to, created?.from, created?.to])
  return JSON.stringify([plan, walk.frozen, walk.descending, cuts])
}

function isSame(one: Slice, other: Slice): boolean {
  return (
    one.from === other.from &&
    one.to === other.to &&
    one.created?.from === other.created?.from &&
    one.created?.to === other.created?.to
  )
}

function lessAdvancedSlice(one: Slice, other: Slice, forward: boolean): Slice {
  if (one.done) return other
  if (other.done) return one
  if (one.at === undefined) return one
  if (other.at === undefined) return other
  if (one.at === other.at) return takenOf(one).size <= takenOf(other).size ? one : other
  return one.at < other.at === forward ? one : other
}

/** The tail is read again from its beginning unless both stand in the same round. */
function lessAdvancedTail(one: TailState | undefined, other: TailState | undefined): TailState | undefined {
  if (!one || !other || one.round !== other.round) return undefined
  return one.pages <= other.pages ? one : other
}
