import type { SortOrder, TimeRange } from '../intercom/search-query.ts'
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
  /** The second that reading has come to; everything before it (after it, when descending) has been taken. */
  at?: number
  /** Records taken that lie at or beyond `at`. */
  ids?: string[]
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
}

/** A record's place in time, as far as it is known. */
export interface Dated {
  id: string
  /** Unix seconds; undefined when the record has none that can be read. */
  updatedAt: number | undefined
  createdAt: number | undefined
}

export function sliceToJson(slice: Slice): SliceJson {
  const { from, to, created, done, ...progressing } = slice
  const progress = done ? 'done' : progressing
  return created ? [from, to, progress, [created.from, created.to]] : [from, to, progress]
}

/** In which order a slice is read, given its walk's. */
export function orderOf({ flipped }: Slice, order: SortOrder): SortOrder {
  if (!flipped) return order
  return order === 'ascending' ? 'descending' : 'ascending'
}

export function sliceFromJson([from, to, progress, created]: SliceJson): Slice {
  return {
    from,
    to,
    done: progress === 'done',
    ...(progress !== 'done' && progress),
    ...(created && { created: { from: created[0], to: created[1] } }),
  }
}

/** Whether a record is the slice's to deliver. One without a readable time belongs to whichever slice meets it. */
export function owns(slice: Slice, record: Dated): boolean {
  if (slice.only && !slice.only.includes(record.id)) return false
  return within({ from: slice.from, to: slice.to }, record.updatedAt) && within(slice.created, record.createdAt)
}

function within(range: TimeRange | undefined, time: number | undefined): boolean {
  if (range === undefined || time === undefined) return true
  return (range.from === null || time >= range.from) && (range.to === null || time < range.to)
}

/**
 * The second that reading a slice has come to with a page: the last record's. When Intercom's own order is off (a
 * record changed between index and answer) it is the nearest to the start of the page's, so nothing is passed over.
 */
export function reachedSecond(rows: readonly Dated[], slice: Slice, order: SortOrder): number | undefined {
  const times = datedRows(rows, slice).map((row) => row.updatedAt)
  const last = times.at(-1)
  if (last === undefined) return slice.at
  const sign = order === 'ascending' ? 1 : -1
  const sorted = times.every((time, index) => index === 0 || sign * (time - (times[index - 1] ?? time)) >= 0)
  const at = sorted ? last : sign * Math.min(...times.map((time) => sign * time))
  return slice.at === undefined ? at : sign * Math.max(sign * at, sign * slice.at)
}

/** Moves a slice past a page that has been taken. */
export function advance(
  slice: Slice,
  page: { rows: readonly Dated[]; after: string | undefined; last: boolean },
  order: SortOrder,
): void {
  slice.done = page.last
  const at = page.last ? undefined : reachedSecond(page.rows, slice, order)
  const sign = order === 'ascending' ? 1 : -1
  const beyond = datedRows(page.rows, slice)
    .filter((row) => at !== undefined && sign * (row.updatedAt - at) >= 0)
    .map((row) => row.id)
  const ids = at === slice.at ? [...new Set([...(slice.ids ?? []), ...beyond])] : beyond
  const passed = new Set(page.rows.map((row) => row.id))
  const ahead = page.last ? [] : (slice.ahead ?? []).filter((id) => !passed.has(id))
  delete slice.at
  delete slice.ids
  delete slice.ahead
  delete slice.after
  if (at !== undefined) Object.assign(slice, { at, ids })
  if (ahead.length > 0) slice.ahead = ahead
  if (page.after !== undefined && !page.last) slice.after = page.after
}

/** Notes records taken in the middle of a page: the page is asked for again after a break, and these are passed over. */
export function advanceWithin(slice: Slice, rows: readonly Dated[]): void {
  slice.ahead = [...new Set([...(slice.ahead ?? []), ...rows.map((row) => row.id)])]
}

/** All that is known to have been taken of a slice, and may be met again. */
export function takenOf({ skip = [], ids = [], ahead = [] }: Slice): Set<string> {
  return new Set([...skip, ...ids, ...ahead])
}

/** What reading passes over: in a round of the tail nothing, as what it has taken comes again when it has changed. */
export function passedOver(slice: Slice): Set<string> {
  return slice.to === null ? new Set() : takenOf(slice)
}

/** The rows that can tell how far reading has come: dated, and not what a wide query brings from before the slice. */
function datedRows<Row extends Dated>(rows: readonly Row[], slice: Slice): (Row & { updatedAt: number })[] {
  return rows.filter(
    (row): row is Row & { updatedAt: number } => row.updatedAt !== undefined && row.updatedAt >= slice.from,
  )
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

/** On a page asked again: whether the record was delivered before the place that was gone back to. */
export function isBeyond(again: number | undefined, updatedAt: number | undefined, order: SortOrder): boolean {
  if (again === undefined || updatedAt === undefined) return false
  return order === 'ascending' ? updatedAt < again : updatedAt > again
}
