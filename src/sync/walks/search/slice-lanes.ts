import type { Arrival } from '../../contract/walk.ts'
import { cutInTwo } from '../../pages/cutting.ts'
import type { SearchEndpoint } from '../../pages/search-pages.ts'
import type { SearchWalkState } from '../../state/search-state.ts'
import type { Slice } from '../../state/slice.ts'
import { createSliceQueue, type Task } from './slice-queue.ts'

/**
 * Lanes that read the open slices of a walk side by side, oldest first. On their way they cut slices that hold too much
 * for one lane. Each count is an arrival: taking it replaces one slice with two, and the walk's position holds these. A
 * slice of the right size is read at once.
 *
 * @param read the arrivals of a slice to its end
 */
export function sliceLanes(
  walk: SearchWalkState,
  endpoint: SearchEndpoint,
  count: number,
  read: (slice: Slice) => AsyncGenerator<Arrival, void, void>,
): AsyncGenerator<Arrival, void, void>[] {
  const queue = createSliceQueue(walk, endpoint.matching)
  let wakeUps: (() => void)[] = []

  /** @returns undefined when nothing is left to do, and no count is under way that might bring more */
  async function next(): Promise<Task | undefined> {
    for (;;) {
      const task = queue.pick()
      if (task || !queue.isCounting()) return task
      await new Promise<void>((resolve) => wakeUps.push(resolve))
    }
  }

  function takeCount(slice: Slice, parts: readonly Slice[]): void {
    queue.takeCount(slice, parts)
    const sleepers = wakeUps
    wakeUps = []
    for (const wake of sleepers) wake()
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

  return Array.from({ length: count }, lane)
}
