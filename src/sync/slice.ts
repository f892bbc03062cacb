import type { SortOrder, TimeRange } from '../intercom/search-query.ts'
import { type PageEnd, reachedSecond } from './page-end.ts'
import type { SliceJson } from './search-state-schema.ts'

/**
 * A slice is a part of a search walk: it owns the records updated in [from, to), and of those, when it is cut further,
 * the ones created in `created`, or just those named in `only`. Slices share no record. Times are Unix seconds.
 */
export interface Slice {
  from: number
  /** Null = no upper bound (a round of the tail). */
  to: number | null
  created?: TimeRange
  done: boolean
  /** The second that reading has come to; everything whose place lies before it (after it, when descending) has been taken. */
  at?: number
  /** The latest second that a single row has passed; see `reachedSecond`. */
  witnessed?: number
  /** Records taken that lie at or beyond `at`, with the times they had. */
  ids?: Map<string, number>
  /** Records taken of a page whose rest is still to come: asked for again, they may be on another page. */
  ahead?: string[]
  /** Intercom's cursor for the next page. */
  after?: string
  /** Records of its own that were taken before it was cut off from another slice. */
  skip?: string[]
  /** It owns just these records of its stretch: the others have been delivered. */
  only?: string[]
  /** Read in the other order than the walk: from the walk's side a page could not be had. */
  flipped?: true
  /** Intercom keeps failing over it: given up in this job, tried first in the next. */
  aside?: true
  /** It is read for the second time, as fewer records came than Intercom counts. */
  reread?: true
  /** Records that Intercom has given of it so far, its neighbours' on the same pages included … */
  received?: number
  /** … and the smallest and the largest count it gave of them. */
  expected?: number
  most?: number
}

/** Ids of one slice that go into a state. */
const MOST_IDS = 1000

/** A record's place in time, as far as it is known. */
export interface Dated {
  id: string
  /** Unix seconds; undefined when the record has none that can be read. */
  updatedAt: number | undefined
  createdAt: number | undefined
}

export function sliceToJson(slice: Slice): SliceJson {
  const { from, to, created, done, ids, ...progressing } = slice
  // What is left out comes again at the most.
  const progress = done ? 'done' : { ...progressing, ...(ids && { ids: [...ids.keys()].slice(0, MOST_IDS) }) }
  return created ? [from, to, progress, [created.from, created.to]] : [from, to, progress]
}

/** In which order a slice is read, given its walk's. */
export function orderOf({ flipped }: Slice, order: SortOrder): SortOrder {
  if (!flipped) return order
  return order === 'ascending' ? 'descending' : 'ascending'
}

export function sliceFromJson([from, to, progress, created]: SliceJson): Slice {
  const { ids, ...progressing } = progress === 'done' ? {} : progress
  return {
    from,
    to,
    done: progress === 'done',
    ...progressing,
    // Which times they had is not kept: they count as the newest of their records.
    ...(ids && { ids: new Map(ids.map((id) => [id, Number.POSITIVE_INFINITY])) }),
    ...(created && { created: { from: created[0], to: created[1] } }),
  }
}

/** Whether a record belongs to the slice. One without a readable time belongs to whichever slice meets it. */
export function owns(slice: Slice, record: Dated): boolean {
  if (slice.only && !slice.only.includes(record.id)) return false
  return within({ from: slice.from, to: slice.to }, record.updatedAt) && within(slice.created, record.createdAt)
}

function within(range: TimeRange | undefined, time: number | undefined): boolean {
  if (range === undefined || time === undefined) return true
  return (range.from === null || time >= range.from) && (range.to === null || time < range.to)
}

/** Moves a slice past a page that has been taken. @param settledTo see `reachedSecond` */
export function advance(slice: Slice, page: PageEnd, order: SortOrder, settledTo: number): void {
  const { at, witnessed } = reachedSecond(slice, page, order, settledTo)
  const sign = order === 'ascending' ? 1 : -1
  const isBeyond = (time: number) => at !== undefined && sign * (time - at) >= 0
  const ids = new Map([...(slice.ids ?? [])].filter(([, time]) => isBeyond(time)))
  for (const { id, updatedAt } of page.rows) if (updatedAt !== undefined && isBeyond(updatedAt)) ids.set(id, updatedAt)
  const passed = new Set(page.rows.map((row) => row.id))
  const ahead = (slice.ahead ?? []).filter((id) => !passed.has(id))
  for (const name of ['at', 'witnessed', 'ids', 'ahead', 'after', 'received', 'expected', 'most'] as const)
    delete slice[name]
  slice.done = page.last
  if (page.startsOver) slice.reread = true
  if (page.last || page.startsOver) return
  if (at !== undefined) slice.at = at
  if (witnessed !== undefined) slice.witnessed = witnessed
  if (ids.size > 0) slice.ids = ids
  if (ahead.length > 0) slice.ahead = ahead
  if (page.after !== undefined) slice.after = page.after
  if (page.received !== undefined) slice.received = page.received
  if (page.expected !== undefined) slice.expected = page.expected
  if (page.most !== undefined) slice.most = page.most
}

/** Notes records taken in the middle of a page: the page is asked for again after a break, and these are passed over. */
export function advanceWithin(slice: Slice, rows: readonly Dated[]): void {
  slice.ahead = [...new Set([...(slice.ahead ?? []), ...rows.map((row) => row.id)])]
}

/** All that is known to have been taken of a slice, and may be met in it again: what has moved behind its end is not. */
export function takenOf({ to, skip = [], ids = new Map<string, number>(), ahead = [] }: Slice): Set<string> {
  const within = [...ids].filter(([, time]) => to === null || time < to || time === Number.POSITIVE_INFINITY)
  return new Set([...skip, ...within.map(([id]) => id), ...ahead])
}

/**
 * The time up to which every record has been taken without a gap: a later sync that knows nothing of slices may go on
 * from here. A descending slice leaves its gap at the lower end until it is done.
 */
export function lowWaterMark(slices: readonly Slice[], order: SortOrder, frozen: number): number {
  const open = slices.filter((slice) => !slice.done)
  const reached = (slice: Slice) =>
    orderOf(slice, order) === 'ascending' ? Math.max(slice.from, slice.at ?? slice.from) : slice.from
  return open.length === 0 ? frozen : Math.min(...open.map(reached))
}
