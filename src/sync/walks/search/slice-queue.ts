import type { SearchWalkState } from '../../state/search-state.ts'
import { isTentative, type Slice } from '../../state/slice.ts'

/** The slices of a walk that nobody is reading yet. */
interface SliceQueue {
  /**
   * A tentative slice counts as one that is being divided from now on, so that lanes wait for its parts, until these are
   * taken, or it is kept.
   *
   * @returns undefined when there is none now; while a slice is being divided there may be more later
   */
  pick(): Slice | undefined
  isDividing(): boolean
  /** A slice that was picked is not divided, but read as it is. */
  keep(slice: Slice): void
  isEmpty(): boolean
  /** Replaces a slice with its parts, in the walk and in the queue. */
  takeParts(slice: Slice, parts: readonly Slice[]): void
}

/** Hands out the slices of a walk, oldest first. */
export function createSliceQueue(walk: SearchWalkState): SliceQueue {
  /** Parts that reading itself cuts off never come here. */
  const waiting = walk.slices.filter((slice) => !slice.done && !slice.aside)
  const dividing = new Set<Slice>()
  return {
    pick() {
      const slice = waiting.shift()
      if (slice && isTentative(slice)) dividing.add(slice)
      return slice
    },
    isDividing: () => dividing.size > 0,
    keep: (slice) => void dividing.delete(slice),
    isEmpty: () => waiting.length === 0,
    takeParts(slice, parts) {
      walk.slices.splice(walk.slices.indexOf(slice), 1, ...parts)
      waiting.unshift(...parts)
      dividing.delete(slice)
    },
  }
}
