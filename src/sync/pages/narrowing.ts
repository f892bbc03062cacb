import { errorTable } from '../../error-table.ts'
import { CodedError } from '../../errors.ts'
import { RefusedError } from '../../intercom/answers/failures.ts'
import { RateLimitedError } from '../../intercom/budget/rate-limited.ts'
import type { SortOrder } from '../../intercom/endpoints/search-query.ts'
import { orderOf, type Slice, takenOf } from '../state/slice.ts'

/** Not even a page of one record can be read at this place of a slice. */
export class UnreadablePageError extends CodedError {
  /** The rest of the slice, once all pages before the bad place have been taken. */
  readonly rest: Slice

  constructor(cause: CodedError, rest: Slice) {
    super(cause.code, cause.message, { cause })
    this.name = 'UnreadablePageError'
    this.rest = rest
  }
}

/** If a search answers with one of these in Intercom's words, the cause may be a single record on the page. */
const OF_RECORDS = [404, 410, 422]

/**
 * Whether the records requested may themselves have caused an error. A search has answered 404 for a message deleted
 * meanwhile (Airbyte #42853), and 504 for as long as one heavy conversation was on the page.
 */
export function mayBeOfRecords(error: unknown): error is CodedError {
  if (error instanceof RefusedError) return OF_RECORDS.includes(error.failure.status)
  return error instanceof CodedError && errorTable[error.code].retryable && !(error instanceof RateLimitedError)
}

/**
 * Cuts the rest of a slice so that everything but the bad place can be read. First the rest is read from its other end,
 * so that the records behind the bad place come. If it fails from both ends, it holds more than one bad place, and is
 * halved. A part too narrow to be halved is set aside. When all records that a slice waited for have come, nothing is
 * left of it. If a page already read was short, that part of the slice is read once more, because the counts for the
 * rest say nothing about it.
 *
 * @param narrowest shortest slice worth asking for, seconds
 */
export function cutAround(rest: Slice, walkOrder: SortOrder, narrowest: number): Slice[] {
  return [...againWhereShort(rest, walkOrder), ...cutRest(rest, walkOrder, narrowest)]
}

/** The part of a slice already read. It is read again if one of its pages was short. */
function againWhereShort(slice: Slice, walkOrder: SortOrder): Slice[] {
  const { at, from, created, only } = slice
  if (!slice.shortPage || at === undefined) return []
  const bounds = orderOf(slice, walkOrder) === 'ascending' ? { from, to: at } : { from: at + 1, to: slice.to }
  if (bounds.to !== null && bounds.to <= bounds.from) return []
  return [{ ...bounds, ...(created && { created }), ...(only && { only }), done: false, reread: true }]
}

function cutRest(rest: Slice, walkOrder: SortOrder, narrowest: number): Slice[] {
  const ascending = orderOf(rest, walkOrder) === 'ascending'
  const { at, created, only } = rest
  const to = rest.to ?? rest.from
  const bounds = {
    from: ascending ? Math.max(rest.from, at ?? rest.from) : rest.from,
    to: ascending || at === undefined ? to : Math.min(to, at + 1),
  }
  const skip = takenOf(rest)
  const awaited = only?.filter((id) => !skip.has(id))
  if (awaited?.length === 0) return []
  const common = {
    ...(created && { created }),
    ...(awaited && { only: awaited }),
    ...(skip.size > 0 && { skip }),
    done: false,
  }
  if (!rest.flipped) return [{ ...bounds, ...common, flipped: true }]
  if (bounds.to - bounds.from < 2 * narrowest) return [{ ...bounds, ...common, aside: true }]
  const middle = Math.floor((bounds.from + bounds.to) / 2)
  return [
    { ...common, from: bounds.from, to: middle },
    { ...common, from: middle, to: bounds.to },
  ]
}

/**
 * Makes a slice of what is left of a pass of the tail that fails. The slice owns everything changed before the pass
 * was requested, and is read from its other end. Later changes belong to the next pass. If a page of the pass was
 * short, the slice covers the whole pass.
 *
 * @param asked Unix seconds
 */
export function sliceBefore(asked: number, rest: Slice, order: SortOrder): Slice {
  const { from, shortPage } = rest
  const at = shortPage ? undefined : rest.at
  const skip = takenOf(rest)
  const bounds = order === 'ascending' ? { from: at ?? from, to: asked } : { from, to: (at ?? asked) + 1 }
  return { ...bounds, ...(skip.size > 0 && { skip }), flipped: true, done: bounds.from >= bounds.to }
}

/** The time range of a slice that has been set aside, for people to read. */
export function describeRange({ from, to }: Slice): string {
  const text = (seconds: number) => new Date(seconds * 1000).toISOString().replace('.000Z', 'Z')
  return `${text(from)} to ${text(to ?? from)}`
}
