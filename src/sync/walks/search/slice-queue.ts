import type { DateMatching } from '../../../intercom/endpoints/search-query.ts'
import { areNeighbours, joinNeighbours, type Stretch, stretchToHalve } from '../../pages/cutting.ts'
import { NARROWEST_SECONDS } from '../../pages/search-plan.ts'
import type { Cutting, SearchWalkState } from '../../state/search-state.ts'
import type { Slice } from '../../state/slice.ts'

/** What a lane does next: it reads a slice, or counts half of a slice that holds too much. */
export type Task = { slice: Slice; half?: undefined } | { slice: Slice; half: { stretch: Stretch; cutting: Cutting } }

/** The slices of a walk that nobody is reading yet. */
export interface SliceQueue {
  /** @returns undefined when nothing can be done now; while a count is under way there may be more later */
  pick(): Task | undefined
  /** Whether a count is under way, or has come and has not been taken. */
  isCounting(): boolean
  /** A count has been taken: replaces the slice with its parts. */
  takeCount(slice: Slice, parts: readonly Slice[]): void
}

/**
 * Hands out the slices. A slice that holds too much is handed out to be cut before it is read. A small slice has to
 * wait until its neighbours have been cut, so that it can be joined with small neighbours. The queue changes the walk's
 * slices accordingly.
 */
export function createSliceQueue(walk: SearchWalkState, matching: DateMatching): SliceQueue {
  const { cutting } = walk
  /** In the walk's order. Parts that reading itself cuts off never come here. */
  const waiting = walk.slices.filter((slice) => !slice.done && !slice.aside)
  /** The waiting slices whose count has not been taken. */
  const counting = new Set<Slice>()
  const stretchOf = (slice: Slice) => stretchToHalve(slice, cutting, NARROWEST_SECONDS[matching])

  function isSettled(index: number): boolean {
    const [slice, before, after] = [waiting[index], waiting[index - 1], waiting[index + 1]]
    if (!slice || !cutting || 2 * (slice.most ?? 0) >= cutting.target) return true
    const isBesideWhatIsCut =
      (before && areNeighbours(before, slice) && stretchOf(before)) ||
      (after && areNeighbours(slice, after) && stretchOf(after))
    return !isBesideWhatIsCut
  }

  function replace(slices: readonly Slice[], parts: readonly Slice[]): void {
    for (const list of [walk.slices, waiting]) {
      const [first, ...others] = slices
      if (first) list.splice(list.indexOf(first), 1, ...parts)
      for (const other of others) list.splice(list.indexOf(other), 1)
    }
  }

  function join(): void {
    for (let index = 0; cutting && index < waiting.length - 1; ) {
      const [one, other] = [waiting[index], waiting[index + 1]]
      const joined = one && other && joinNeighbours(one, other, cutting)
      if (joined) replace([one, other], [joined])
      else index++
    }
  }

  join()
  return {
    pick() {
      for (const [index, slice] of waiting.entries()) {
        if (counting.has(slice)) continue
        const stretch = stretchOf(slice)
        if (stretch && cutting) {
          counting.add(slice)
          return { slice, half: { stretch, cutting } }
        }
        if (!isSettled(index)) continue
        waiting.splice(index, 1)
        return { slice }
      }
      return undefined
    },
    isCounting: () => counting.size > 0,
    takeCount(slice, parts) {
      replace([slice], parts)
      counting.delete(slice)
      join()
    },
  }
}
