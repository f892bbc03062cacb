import { type DateMatching, SLACK_SECONDS, type SortOrder } from '../../intercom/endpoints/search-query.ts'
import { type Dated, owns, type Slice } from '../state/slice.ts'

/** How a page of a slice was requested. */
export interface RequestedPage {
  order: SortOrder
  matching: DateMatching
  /**
   * Set on pages requested again after going back: everything before this second (after it, when descending) has come
   * already.
   */
  again?: number | undefined
  /** Set on pages of the second reading of a slice. */
  reread?: true | undefined
  /** The index shows every change before this (Unix seconds) at its time. */
  settledTo: number
}

const DAY_SECONDS = 86_400

/**
 * Whether a row of a page has to be taken. The time of most rows decides this: a row older than the slice came only
 * because the query is wider, and belongs to another slice. So does a newer row that stands at its own time. But if a
 * newer row stands in the slice and has changed meanwhile, maybe no other slice meets it. If the two cannot be told
 * apart, the row is taken, because repeats are dropped by their content.
 */
export function isDue(slice: Slice, row: Dated, asked: RequestedPage): boolean {
  if (owns(slice, row)) return !cameBefore(row, asked) && !wasTaken(slice, row, asked)
  if (row.updatedAt === undefined || row.updatedAt < slice.from) return false
  if (!owns({ ...slice, to: null }, row) || wasTaken(slice, row, asked)) return false
  return isUnsettled(row, asked) || row.updatedAt >= queryEnd(slice, asked)
}

/**
 * Whether an earlier attempt may have taken a row that has to be taken: reading has gone back, or the row is of another
 * slice.
 */
export function mayComeAgain(slice: Slice, row: Dated, { again, reread }: RequestedPage): boolean {
  return (
    again !== undefined || reread || slice.flipped || slice.mayRepeat || slice.skip !== undefined || !owns(slice, row)
  )
}

/** Whether the row may have changed so recently that the index does not show it at its time yet. */
function isUnsettled({ updatedAt }: Dated, { settledTo }: RequestedPage): boolean {
  return updatedAt !== undefined && updatedAt >= settledTo
}

/** On a page requested again: whether the row came before the place that reading went back to. */
function cameBefore(row: Dated, asked: RequestedPage): boolean {
  const { again, order } = asked
  if (again === undefined || row.updatedAt === undefined) return false
  return order === 'ascending' ? row.updatedAt < again : row.updatedAt > again && !isUnsettled(row, asked)
}

/**
 * Whether the row was taken in its present version. For `skip` and `ahead` the version taken is unknown, because the
 * record may have changed since.
 */
function wasTaken({ ids, skip, ahead }: Slice, row: Dated, asked: RequestedPage): boolean {
  const time = ids?.get(row.id)
  if (time !== undefined) return row.updatedAt === undefined || row.updatedAt <= time
  return !isUnsettled(row, asked) && (skip?.has(row.id) || ahead?.includes(row.id) || false)
}

/** From this time on, a row cannot stand at its own time, because the query does not reach so far. Unix seconds. */
function queryEnd({ to }: Slice, { order, matching }: RequestedPage): number {
  // By calendar day, newest first, there is no upper bound.
  if (to === null || (order === 'descending' && matching === 'day')) return Number.POSITIVE_INFINITY
  // We do not know whether the query includes its bound. By calendar day it is off by at most a day.
  return to + SLACK_SECONDS[matching] + (matching === 'day' ? DAY_SECONDS : 1)
}
