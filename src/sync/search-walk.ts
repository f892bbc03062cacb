import { recordText } from '../intercom/record-text.ts'
import type { SortOrder } from '../intercom/search-query.ts'
import type { SearchTraits } from '../streams/table.ts'
import { merge } from './merge.ts'
import { createOverlap, type Overlap, type OverlapJson } from './overlap.ts'
import type { SearchEndpoint } from './search-pages.ts'
import { type SearchStart, startSearch } from './search-start.ts'
import {
  completeState,
  creditedCursor,
  doneState,
  isComplete,
  readSearchState,
  type SearchWalkState,
  type TailState,
  walkFromJson,
  walkState,
  walkToJson,
} from './search-state.ts'
import type { SearchWalkJson } from './search-state-schema.ts'
import { advance, lowWaterMark, owns, type Slice } from './slice.ts'
import { readSlice, type SlicePage } from './slice-reader.ts'
import { type Arrival, idTypes, type Sink, type Walk, type WalkOptions } from './walk.ts'

const MOST_ROUNDS = 3
/** Slices read side by side; how many requests are in flight is the budget's to say. */
const LANES = 8

/** A walk that has been planned. */
interface Planned {
  endpoint: Omit<SearchEndpoint, 'client' | 'entry'>
  plan: string
  walk: SearchWalkState
  overlap: Overlap
  done: boolean
}

interface SearchPosition {
  endpoint: Planned['endpoint']
  plan: string
  walk: SearchWalkJson
  overlap: OverlapJson
  done: boolean
}

/**
 * Reads a stream through its search endpoint. The plan is frozen at the start (time F), the data is not: slices own
 * what was updated before F, the tail owns what has been updated since and is read in rounds, because the data goes on
 * changing. A record that moves while it is being read is met again in the tail.
 */
export function createSearchWalk(options: WalkOptions & { traits: SearchTraits }): Walk {
  const { entry, configured, client, state, traits } = options
  const incremental = configured.sync_mode === 'incremental'
  const types = idTypes(entry, configured)
  const previous = incremental && state ? readSearchState(state) : undefined
  const finishedBefore = !incremental && isComplete(state)
  let planned = options.position && restore(options.position as unknown as SearchPosition)

  function restore(position: SearchPosition): Planned {
    const walk = walkFromJson(position.walk)
    return { ...position, walk, overlap: overlapOf(walk.frozen, position.overlap) }
  }

  function overlapOf(frozen: number, json?: OverlapJson): Overlap {
    return createOverlap({
      previous,
      frozen,
      usualSeconds: traits.overlapSeconds,
      volatileMembers: entry.volatileMembers,
      json,
    })
  }

  async function* arrivals(): AsyncGenerator<Arrival, void, void> {
    if (finishedBefore || planned?.done) return
    let current = planned
    if (!current) {
      const start = await startSearch(options)
      const { version, matching, echoRequired } = start.endpoint
      const overlap = overlapOf(start.walk.frozen)
      if (start.deliveredTo !== undefined) overlap.seen.missUpTo(start.deliveredTo)
      const fresh = {
        endpoint: { version, matching, echoRequired },
        plan: start.plan,
        walk: start.walk,
        overlap,
        done: false,
      }
      current = fresh
      yield { take: (sink) => takePlan(fresh, start, sink) }
    }
    yield* walkArrivals(current)
  }

  function takePlan(fresh: Planned, start: SearchStart, sink: Sink): void {
    planned = fresh
    for (const { level, message } of start.notes) sink.log(level, `${entry.name}: ${message}`)
    if (start.estimate !== undefined) sink.estimate(entry.name, start.estimate)
  }

  async function* walkArrivals(current: Planned): AsyncGenerator<Arrival, void, void> {
    const { walk } = current
    const endpoint: SearchEndpoint = { client, entry, ...current.endpoint }
    const order: SortOrder = walk.descending ? 'descending' : 'ascending'
    let tail = walk.tail
    const open = walk.slices.filter((slice) => !slice.done)
    yield* merge(
      open.map((slice) =>
        readArrivals(endpoint, slice, order, (page, sink) => takePage(current, slice, page, order, sink)),
      ),
      LANES,
    )
    // By calendar day the tail, too, is read newest first: its query begins two days before what it owns.
    const tailOrder: SortOrder = endpoint.matching === 'day' ? 'descending' : 'ascending'
    for (;;) {
      const round = tail ?? newRound(1, Math.max(walk.frozen, walk.lower))
      if (round.slice.done) {
        tail = newRound(round.round + 1, round.asked)
        continue
      }
      let pages = round.pages
      let last = false
      for await (const page of readSlice(endpoint, round.slice, tailOrder)) {
        pages++
        last = page.last && (pages === 1 || round.round === MOST_ROUNDS)
        const done = last
        yield { take: (sink) => takeTailPage(current, round, page, tailOrder, done, sink) }
      }
      if (last) return
      tail = newRound(round.round + 1, round.asked)
    }
  }

  function newRound(round: number, from: number): TailState {
    return {
      round,
      asked: Math.max(from, client.serverSeconds() ?? from),
      pages: 0,
      slice: { from, to: null, done: false },
    }
  }

  function takeTailPage(
    current: Planned,
    round: TailState,
    page: SlicePage,
    order: SortOrder,
    done: boolean,
    sink: Sink,
  ): void {
    current.walk.tail = round
    // The next round reads again from when this one was asked, and this one from when the last was: what was delivered
    // since may not be forgotten.
    current.overlap.seen.protectFrom(round.round === 1 ? round.asked : round.slice.from)
    takePage(current, round.slice, page, order, sink)
    round.pages++
    current.done = done
    if (done && incremental && current.overlap.seen.forState(finalCursor(current)) === undefined)
      sink.log(
        'INFO',
        `${entry.name}: what changed in the last ${Math.ceil(current.overlap.seconds / 60)} minutes cannot be ` +
          'remembered whole: the next sync delivers it again',
      )
  }

  function takePage(current: Planned, slice: Slice, page: SlicePage, order: SortOrder, sink: Sink): void {
    const delivered = new Set(slice.to === null ? [] : slice.ids)
    for (const row of page.rows) {
      if (!owns(slice, row) || delivered.has(row.id) || isBeyond(page.again, row.updatedAt, order)) continue
      if (slice.to !== null) delivered.add(row.id)
      if (current.overlap.isNews(page.answer, row)) sink.record(entry.name, recordText(page.answer, row.record, types))
    }
    advance(slice, page, order)
    if (page.short) {
      const { received, expected } = page.short
      sink.log('WARN', `${entry.name}: Intercom counted ${expected} records in a slice and gave ${received}, twice`)
    }
  }

  function streamState(): Record<string, unknown> {
    if (finishedBefore) return completeState
    if (!planned) return state ?? { intercom_sync: { v: 1 } }
    const { walk, overlap, plan, done } = planned
    const worstLag = overlap.worstLag()
    if (!done) {
      const order = walk.descending ? 'descending' : 'ascending'
      const mark = Math.min(lowWaterMark(walk.slices, order, walk.frozen), walk.frozen - overlap.seconds)
      return walkState({ cursor: incremental ? Math.max(walk.lower, mark) : undefined, plan, walk, worstLag })
    }
    if (!incremental) return completeState
    const cursor = finalCursor(planned)
    return doneState({ cursor, plan, readTo: readTo(walk), seen: overlap.seen.forState(cursor), worstLag })
  }

  /** Behind the time that was read to, by the overlap; never behind where the last sync had come to. */
  function finalCursor({ walk, overlap }: Planned): number {
    const before = previous?.cursor === undefined ? walk.lower : creditedCursor(previous.cursor, walk.frozen)
    return Math.max(before, readTo(walk) - overlap.seconds)
  }

  return {
    streamNames: [entry.name],
    arrivals,
    streamState,
    position: () =>
      planned ? { ...planned, walk: walkToJson(planned.walk), overlap: planned.overlap.toJson() } : undefined,
  }
}

/** Up to when a finished walk has read. */
function readTo({ tail, frozen }: SearchWalkState): number {
  return tail?.asked ?? frozen
}

async function* readArrivals(
  endpoint: SearchEndpoint,
  slice: Slice,
  order: SortOrder,
  take: (page: SlicePage, sink: Sink) => void,
): AsyncGenerator<Arrival, void, void> {
  for await (const page of readSlice(endpoint, slice, order)) yield { take: (sink) => take(page, sink) }
}

/** On a page asked again: whether the record was delivered before the place that was gone back to. */
function isBeyond(again: number | undefined, updatedAt: number | undefined, order: SortOrder): boolean {
  if (again === undefined || updatedAt === undefined) return false
  return order === 'ascending' ? updatedAt < again : updatedAt > again
}
