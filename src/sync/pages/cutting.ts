import type { TimeRange } from '../../intercom/endpoints/search-query.ts'
import type { Cutting } from '../state/search-state.ts'
import { isTentative, type Slice } from '../state/slice.ts'
import type { SearchEndpoint } from './search-pages.ts'
import { countRecords, type Survey } from './search-plan.ts'

/**
 * Records per slice to aim at: not so few that counting costs more than it saves, not so many that one lane lags
 * behind.
 */
const FEWEST_RECORDS = 3_000
const MOST_RECORDS = 20_000
const LANES_AIMED_AT = 16
/** Intercom was founded in 2011; nothing in it was created before. */
const EARLIEST_CREATION = 1_293_840_000

/** A stretch of time to be halved with the help of a count: Unix seconds [from, to). */
export interface Stretch {
  field: 'updated' | 'created'
  from: number
  to: number
}

/**
 * Plans [lower, frozen) after a first look, as one slice. The slice is tentative when it holds too much for one lane.
 * Then it is cut while the walk is under way, half by half, so that each count is kept and reading need not wait for
 * the last one.
 *
 * @param recordsPerSlice how many to aim at @defaultValue a share of all there are
 */
export function planSlices(
  { lower, frozen }: { lower: number; frozen: number },
  { total, oldest }: Survey,
  recordsPerSlice?: number,
): { slices: Slice[]; cutting?: Cutting } {
  if (total === 0 || frozen <= lower) return { slices: [] }
  const slice: Slice = { from: lower, to: frozen, done: false }
  if (total === undefined) return { slices: [slice] }
  const usual = Math.min(Math.max(Math.ceil(total / LANES_AIMED_AT), FEWEST_RECORDS), MOST_RECORDS)
  const target = recordsPerSlice ?? usual
  if (total <= target) return { slices: [{ ...slice, most: total }] }
  const first = Math.min(Math.max(oldest ?? lower, lower), frozen - 1)
  return { slices: [{ ...slice, most: total, tentative: true }], cutting: { target, oldest: first } }
}

/**
 * The stretch of a slice to halve; undefined when the slice is small enough, or too narrow. If the stretch is too short
 * to be cut by time of update (a bulk edit), it is cut by time of creation.
 */
export function stretchToHalve(slice: Slice, cutting: Cutting | undefined, narrowest: number): Stretch | undefined {
  const { most = 0, created, to } = slice
  if (!cutting || !isTentative(slice) || to === null || most <= cutting.target) return undefined
  const isWide = (stretch: Stretch) => stretch.to - stretch.from >= 2 * narrowest
  const updated: Stretch = { field: 'updated', from: Math.max(slice.from, cutting.oldest), to }
  if (!created && isWide(updated)) return updated
  if (!created && most <= 2 * cutting.target) return undefined
  const creation: Stretch = { field: 'created', from: created?.from ?? EARLIEST_CREATION, to: created?.to ?? to }
  return isWide(creation) ? creation : undefined
}

/**
 * Counts one half of a stretch.
 *
 * @returns what replaces the slice: two tentative slices, or, where Intercom cannot say how many records there are, the
 * slice itself, which is then cut in the other way or not at all
 */
export async function cutInTwo(
  endpoint: SearchEndpoint,
  slice: Slice,
  { field, from, to }: Stretch,
  { target }: Cutting,
): Promise<Slice[]> {
  const { most = 0, tentative, ...asItIs } = slice
  const middle = Math.floor((from + to) / 2)
  const half = { from, to: middle }
  const byUpdate = field === 'updated'
  // The outer bounds stay open, so that a record with an absurd time of creation belongs to a slice, too.
  const whole: TimeRange = slice.created ?? { from: null, to: null }
  const count = await countRecords(
    endpoint,
    byUpdate ? { updated: half } : { updated: { from: slice.from, to: slice.to }, created: half },
  )
  if (count === undefined) {
    const isLarge = byUpdate && most > 2 * target
    return [isLarge ? { ...slice, created: whole } : { ...asItIs, most }]
  }
  const rest = Math.max(0, most - count)
  if (byUpdate)
    return [
      { ...slice, to: middle, most: count },
      { ...slice, from: middle, most: rest },
    ]
  return [
    { ...slice, created: { from: whole.from, to: middle }, most: count },
    { ...slice, created: { from: middle, to: whole.to }, most: rest },
  ]
}

/** Whether two tentative slices lie side by side. */
export function areNeighbours(one: Slice, other: Slice): boolean {
  if (!isTentative(one) || !isTentative(other)) return false
  if (!one.created && !other.created) return one.to === other.from
  const isSameStretch = one.from === other.from && one.to === other.to
  return isSameStretch && one.created?.to !== null && one.created?.to === other.created?.from
}

/** Joins two neighbouring slices into one; undefined when they are not neighbours, or hold too much together. */
export function joinNeighbours(one: Slice, other: Slice, { target }: Cutting): Slice | undefined {
  const most = (one.most ?? 0) + (other.most ?? 0)
  if (!areNeighbours(one, other) || most > target) return undefined
  const created = one.created && other.created && { from: one.created.from, to: other.created.to }
  return { ...one, to: other.to, ...(created && { created }), most }
}
