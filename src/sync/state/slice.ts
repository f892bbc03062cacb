import type { SortOrder, TimeRange } from '../../intercom/endpoints/search-query.ts'
import type { SliceJson } from './search-state-schema.ts'

/**
 * A slice is a part of a search walk. It owns the records updated in [from, to). If it is cut further, it owns only
 * those of them that were created in `created`, or those named in `only`. Slices share no record. Times are Unix
 * seconds.
 */
export interface Slice {
  from: number
  /** Null = no upper bound (a pass of the tail). */
  to: number | null
  created?: TimeRange
  done: boolean
  /**
   * The second that reading has reached; everything whose place lies before it (after it, when descending) has been
   * taken.
   */
  at?: number
  /** The latest second that a single row has passed; see `reachedSecond`. */
  witnessed?: number
  /** Records taken at or beyond `at`, with the times they had. */
  ids?: Map<string, number>
  /** Records taken from a page whose rest is still to come. When requested again, they may be on another page. */
  ahead?: string[]
  /** Intercom's cursor for the next page. */
  after?: string
  /** Records of this slice that were taken before it was cut off from another slice, with the times they had. */
  skip?: Map<string, number>
  /** The slice owns only these records of its stretch, because the others have been delivered. */
  only?: string[]
  /** This slice is read in the opposite order to the walk, because a page could not be read from the walk's side. */
  flipped?: true
  /** Intercom keeps failing on the slice: this job gives it up, and the next one tries it first. */
  aside?: true
  /** The slice is read for the second time, because fewer records came than Intercom counts. */
  reread?: true
  /** Records that Intercom has given for the slice so far, including its neighbours' on the same pages … */
  received?: number
  /** … and the smallest and the largest count that it gave for them. */
  expected?: number
  most?: number
  /**
   * A page of the slice was short although others follow, however often it was requested. A count may not show what the
   * page lacks.
   */
  shortPage?: true
  /** Some records of the slice, we do not know which, may have been taken before it was cut off. */
  mayRepeat?: true
  /**
   * The slice has been counted and may still be cut or joined, see `cutting`. It can also be read as it is, like any
   * other.
   */
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
    // Ids that do not fit only mean that those records come again.
    ...(ids && { ids: [...ids.keys()].slice(0, MOST_IDS) }),
    ...(skip && { skip: [...skip.keys()] }),
  }
  const progress = done ? 'done' : { ...progressing, ...taken }
  return created ? [from, to, progress, [created.from, created.to]] : [from, to, progress]
}

/**
 * Slices with neighbours that are done joined into one: for a position, which is written with every commit, while a walk
 * may have a thousand slices.
 */
export function joinDone(slices: readonly SliceJson[]): SliceJson[] {
  const joined: SliceJson[] = []
  for (const slice of slices) {
    const last = joined.at(-1)
    if (last && isPlainlyDone(last) && isPlainlyDone(slice) && last[1] === slice[0])
      joined[joined.length - 1] = [last[0], slice[1], 'done']
    else joined.push(slice)
  }
  return joined
}

function isPlainlyDone([, , progress, created]: SliceJson): boolean {
  return progress === 'done' && created === undefined
}

/** The order in which a slice is read, given its walk's order. */
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

/** A state does not keep the times that records had when they were taken. They are taken as the newest versions. */
function atUnknownTimes(ids: readonly string[]): Map<string, number> {
  return new Map(ids.map((id) => [id, Number.POSITIVE_INFINITY]))
}

/**
 * Marks a part cut from a slice that had been begun. Another attempt must check the log for records already taken from
 * it.
 */
export function ofWhatWasBegun(part: Slice): Slice {
  return part.aside ? part : { ...part, mayRepeat: true }
}

/** Whether a slice may still be cut or joined: nobody has begun it, not even an older version that cannot cut. */
export function isTentative({ tentative, done, at, after, received, ahead, reread }: Slice): boolean {
  const isBegun = done || (at ?? after ?? received ?? ahead ?? reread) !== undefined
  return tentative === true && !isBegun
}

/** Whether a record belongs to the slice. A record without a readable time belongs to every slice that meets it. */
export function owns(slice: Slice, record: Dated): boolean {
  if (slice.only && !slice.only.includes(record.id)) return false
  return within(slice, record.updatedAt) && (!slice.created || within(slice.created, record.createdAt))
}

function within(range: TimeRange, time: number | undefined): boolean {
  if (time === undefined) return true
  return (range.from === null || time >= range.from) && (range.to === null || time < range.to)
}

/**
 * All records known to have been taken from a slice that may be met in it again, with the times they had. A record that
 * has moved behind the slice's end is not met again.
 */
export function takenOf({ to, skip, ids, ahead = [] }: Slice): Map<string, number> {
  const within = [...(ids ?? [])].filter(([, time]) => to === null || time < to || time === Number.POSITIVE_INFINITY)
  return new Map([...atUnknownTimes(ahead), ...within, ...(skip ?? [])])
}

/**
 * The time up to which every record has been taken without a gap. A later sync that knows nothing about slices may
 * continue from here. A descending slice has its gap at the lower end until it is done. A slice with a short page may
 * have a gap anywhere until it has been read a second time.
 */
export function lowWaterMark(slices: readonly Slice[], order: SortOrder, frozen: number): number {
  const open = slices.filter((slice) => !slice.done)
  const reached = (slice: Slice) => {
    const isWholeUpToHere = orderOf(slice, order) === 'ascending' && !slice.shortPage
    return isWholeUpToHere ? Math.max(slice.from, slice.at ?? slice.from) : slice.from
  }
  return open.length === 0 ? frozen : open.map(reached).reduce((low, mark) => Math.min(low, mark))
}
