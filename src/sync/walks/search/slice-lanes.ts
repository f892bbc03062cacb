import type { Arrival } from '../../contract/walk.ts'
import { divide } from '../../pages/cutting.ts'
import type { HeldPage, SearchEndpoint } from '../../pages/search-pages.ts'
import { askFirstPage } from '../../pages/search-plan.ts'
import type { SearchWalkState } from '../../state/search-state.ts'
import { isTentative, type Slice } from '../../state/slice.ts'
import { createSliceQueue } from './slice-queue.ts'

/** How the slices of a walk are read side by side. */
interface LaneOptions {
  walk: SearchWalkState
  endpoint: SearchEndpoint
  /** The largest number of lanes. */
  most: number
  /** How many lanes may be at work now. */
  allowed: () => number
  /** First pages that have come already. */
  held: Map<Slice, HeldPage>
  /** The arrivals of a slice to its end. */
  read: (slice: Slice, held: HeldPage | undefined) => AsyncGenerator<Arrival, void, void>
}

/**
 * Lanes above which no other is put to work while so many of their answers are ready: then whoever takes the answers is
 * slower than Intercom, and more lanes would only hold more of them in memory.
 */
const LANES_ALWAYS = 8
const MOST_READY = 4

/**
 * Lanes that read the open slices of a walk side by side, oldest first. The first page of a tentative slice shows how
 * much the slice holds. If that is too much for one lane, the slice is divided: this is an arrival of its own, and
 * taking it replaces the slice with its parts, so that the walk's position holds these. Otherwise the slice is read at
 * once, beginning with that page.
 */
export function sliceLanes(options: LaneOptions): AsyncGenerator<Arrival, void, void>[] {
  const { walk, endpoint, most, allowed, held, read } = options
  const queue = createSliceQueue(walk)
  let atWork = 0
  /** Arrivals that wait to be taken, or are being taken. */
  let ready = 0
  /** Somebody may be waiting to see anything at all, so nothing is asked for beside what completes a first page. */
  let isFirstOut = held.size === 0
  let wakeUps: (() => void)[] = []

  function wakeAll(): void {
    const sleepers = wakeUps
    wakeUps = []
    for (const wake of sleepers) wake()
  }

  function showFirst(): void {
    isFirstOut = true
    wakeAll()
  }

  function hasRoom(): boolean {
    if (atWork > 0 && !isFirstOut) return false
    return atWork < Math.max(1, allowed()) && (atWork < LANES_ALWAYS || ready < MOST_READY)
  }

  /** @returns undefined when nothing is left to do, and no slice is being divided that might bring more */
  async function next(): Promise<Slice | undefined> {
    for (;;) {
      const slice = hasRoom() ? queue.pick() : undefined
      if (slice) {
        atWork++
        return slice
      }
      if (queue.isEmpty() && !queue.isDividing()) return undefined
      await new Promise<void>((resolve) => wakeUps.push(resolve))
    }
  }

  async function* laneArrivals(slice: Slice): AsyncGenerator<Arrival, void, void> {
    let first = held.get(slice)
    held.delete(slice)
    const { cutting } = walk
    if (!first && cutting && isTentative(slice)) {
      const page = await askFirstPage(endpoint, slice, 'ascending')
      const division = page && divide(slice, page, cutting, endpoint.matching)
      if (division) {
        for (const [part, known] of division.held) held.set(part, known)
        yield {
          take() {
            queue.takeParts(slice, division.parts)
            wakeAll()
          },
        }
        return
      }
      first = page && { page }
    }
    queue.keep(slice)
    yield* read(slice, first)
  }

  async function* lane(): AsyncGenerator<Arrival, void, void> {
    for (let slice = await next(); slice; slice = await next()) {
      for await (const arrival of laneArrivals(slice)) {
        ready++
        if (!isFirstOut) showFirst()
        yield arrival
        ready--
        if (ready === MOST_READY - 1) wakeAll()
      }
      atWork--
      isFirstOut = true
      wakeAll()
    }
  }

  return Array.from({ length: most }, lane)
}
