import type { SortOrder, TimeRange } from '../../intercom/endpoints/search-query.ts'
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
  /** Records of its own that were taken before it was cut off from another slice, with the times they had. */
  skip?: Map<string, number>
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
  /** A page of it was short though others follow, however often it was asked for: what it lacks no count may tell. */
  shortPage?: true
  /** Records of it may have been taken, nobody knows which, before it was cut off. */
  mayRepeat?: true
  /** It has been counted and may still be cut or joined, see `cutting`; read as it is, it is a slice like any other. */
  tentative?: true
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
  const { from, to, created, done, ids, skip, ...progressing } = slice
  const taken = {
    // What is left out comes again at the most.
    ...(ids && { ids: [...ids.keys()].slice(0, MOST_IDS) }),
    ...(skip && { skip: [...skip.keys()] }),
  }
  const progress = done ? 'done' : { ...progressing, ...taken }
  return created ? [from, to, progress, [created.from, created.to]] : [from, to, progress]
}

/** In which order a slice is read, given its walk's. */
export function orderOf({ flipped }: Slice, order: SortOrder): SortOrder {
  if (!flipped) return order
  return order === 'ascending' ? 'descending' : 'ascending'
}

export function sliceFromJson([from, to, progress, created]: SliceJson): Slice {
  const { ids, skip, ...progressing } = progress === 'done' ? {} : progress
  return {
    from,
    to,
    done: progress === 'done',
    ...progressing,
    ...(ids && { ids: atUnknownTimes(ids) }),
    ...(skip && { skip: atUnknownTimes(skip) }),
    ...(created && { created: { from: created[0], to: created[1] } }),
  }
}

/** Which times records had when they were taken is not kept in a state: they count as the newest of their records. */
function atUnknownTimes(ids: readonly string[]): Map<string, number> {
  return new Map(ids.map((id) => [id, Number.POSITIVE_INFINITY]))
}

/** A part of a slice that had been begun: another attempt has to look into the log for what came of it before. */
export function ofWhatWasBegun(part: Slice): Slice {
  return part.aside ? part : { ...part, mayRepeat: true }
}

/** Whether a slice may still be cut or joined: nobody has begun it, older versions that know no cutting included. */
export function isTentative({ tentative, done, at, after, received, ahead, reread }: Slice): boolean {
  const isBegun = done || (at ?? after ?? received ?? ahead ?? reread) !== undefined
  return tentative === true && !isBegun
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

/**
 * All that is known to have been taken of a slice, and may be met in it again, with the times it had: what has moved
 * behind the slice's end is not met.
 */
export function takenOf({ to, skip, ids, ahead = [] }: Slice): Map<string, number> {
  const within = [...(ids ?? [])].filter(([, time]) => to === null || time < to || time === Number.POSITIVE_INFINITY)
  return new Map([...atUnknownTimes(ahead), ...within, ...(skip ?? [])])
}

/**
 * The time up to which every record has been taken without a gap: a later sync that knows nothing of slices may go on
 * from here. A descending slice leaves its gap at the lower end until it is done, and one with a short page may have its
 * gap anywhere until it has been read a second time.
 */
export function lowWaterMark(slices: readonly Slice[], order: SortOrder, frozen: number): number {
  const open = slices.filter((slice) => !slice.done)
  const reached = (slice: Slice) => {
    const isWholeUpToHere = orderOf(slice, order) === 'ascending' && !slice.shortPage
    return isWholeUpToHere ? Math.max(slice.from, slice.at ?? slice.from) : slice.from
  }
  return open.length === 0 ? frozen : Math.min(...open.map(reached))
}
