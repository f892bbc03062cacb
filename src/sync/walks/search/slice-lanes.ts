import type { Arrival } from '../../contract/walk.ts'
import { areNeighbours, cutInTwo, joinNeighbours, type Stretch, stretchToHalve } from '../../pages/cutting.ts'
import type { SearchEndpoint } from '../../pages/search-pages.ts'
import { NARROWEST_SECONDS } from '../../pages/search-plan.ts'
import type { Cutting, SearchWalkState } from '../../state/search-state.ts'
import type { Slice } from '../../state/slice.ts'

/** What a lane does next: it reads a slice, or counts half of one that holds too much. */
type Task = { slice: Slice; half?: undefined } | { slice: Slice; half: { stretch: Stretch; cutting: Cutting } }

/**
 * Lanes that read the open slices of a walk side by side, oldest first, and cut on their way what holds too much for one
 * of them. Each count is an arrival: taken, it puts two slices in the place of one, and the walk's position holds them.
 * Slices that are large enough are read at once. A small one waits until its neighbours have been cut, and is joined with
 * what is small beside it.
 *
 * @param read the arrivals of a slice to its end
 */
export function sliceLanes(
  walk: SearchWalkState,
  endpoint: SearchEndpoint,
  count: number,
  read: (slice: Slice) => AsyncGenerator<Arrival, void, void>,
): AsyncGenerator<Arrival, void, void>[] {
  const { cutting } = walk
  /** What nobody reads yet, in the walk's order; of what reading itself cuts nothing comes here. */
  const waiting = walk.slices.filter((slice) => !slice.done && !slice.aside)
  /** Those of them whose count has not been taken. */
  const counting = new Set<Slice>()
  let wakeUps: (() => void)[] = []

  const stretchOf = (slice: Slice) => stretchToHalve(slice, cutting, NARROWEST_SECONDS[endpoint.matching])

  function isSettled(index: number): boolean {
    const [slice, before, after] = [waiting[index], waiting[index - 1], waiting[index + 1]]
    if (!slice || !cutting || 2 * (slice.most ?? 0) >= cutting.target) return true
    const isBesideWhatIsCut =
      (before && areNeighbours(before, slice) && stretchOf(before)) ||
      (after && areNeighbours(slice, after) && stretchOf(after))
    return !isBesideWhatIsCut
  }

  function pick(): Task | undefined {
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
  }

  /** @returns undefined when nothing is left to do, and no count is under way that might bring more */
  async function next(): Promise<Task | undefined> {
    for (;;) {
      const task = pick()
      if (task || counting.size === 0) return task
      await new Promise<void>((resolve) => wakeUps.push(resolve))
    }
  }

  function replace(slices: readonly Slice[], parts: readonly Slice[]): void {
    for (const list of [walk.slices, waiting]) {
      const [first, ...others] = slices
      if (first) list.splice(list.indexOf(first), 1, ...parts)
      for (const other of others) list.splice(list.indexOf(other), 1)
    }
  }

  function takeCount(slice: Slice, parts: readonly Slice[]): void {
    replace([slice], parts)
    counting.delete(slice)
    join()
    const sleepers = wakeUps
    wakeUps = []
    for (const wake of sleepers) wake()
  }

  function join(): void {
    for (let index = 0; cutting && index < waiting.length - 1; ) {
      const [one, other] = [waiting[index], waiting[index + 1]]
      const joined = one && other && joinNeighbours(one, other, cutting)
      if (joined) replace([one, other], [joined])
      else index++
    }
  }

  async function* lane(): AsyncGenerator<Arrival, void, void> {
    for (let task = await next(); task; task = await next()) {
      const { slice, half } = task
      if (half) {
        const parts = await cutInTwo(endpoint, slice, half.stretch, half.cutting)
        yield { take: () => takeCount(slice, parts) }
      } else yield* read(slice)
    }
  }

  join()
  return Array.from({ length: count }, lane)
}
