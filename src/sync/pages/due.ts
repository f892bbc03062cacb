import { type DateMatching, SLACK_SECONDS, type SortOrder } from '../../intercom/endpoints/search-query.ts'
import { type Dated, owns, type Slice } from '../state/slice.ts'

/** How a page of a slice was asked for. */
export interface Asked {
  order: SortOrder
  matching: DateMatching
  /** Set on pages asked again after going back: what lies before this second (after it, when descending) came before. */
  again?: number | undefined
  /** Set on pages of the second reading of a slice. */
  reread?: true | undefined
  /** What changed before (Unix seconds) the index shows at its time. */
  settledTo: number
}

const DAY_SECONDS = 86_400

/**
 * Whether a row of a page has to be taken. Most are told by their time: what is older than the slice came with its query
 * and is another's. A row that is newer than the slice is another's, too, if it stands at its time; if it stands in the
 * slice and has changed meanwhile, nobody else may meet it. Where the two cannot be told apart it is taken: repeats are
 * dropped by their content.
 */
export function isDue(slice: Slice, row: Dated, asked: Asked): boolean {
  if (owns(slice, row)) return !cameBefore(row, asked) && !wasTaken(slice, row, asked)
  if (row.updatedAt === undefined || row.updatedAt < slice.from) return false
  if (!owns({ ...slice, to: null }, row) || wasTaken(slice, row, asked)) return false
  return isUnsettled(row, asked) || row.updatedAt >= queryEnd(slice, asked)
}

/** Whether a row that has to be taken may have been taken by an earlier attempt: reading has gone back, or it is of another slice. */
export function mayComeAgain(slice: Slice, row: Dated, { again, reread }: Asked): boolean {
  return (
    again !== undefined || reread || slice.flipped || slice.mayRepeat || slice.skip !== undefined || !owns(slice, row)
  )
}

/** It may have changed so lately that the index does not show it at its time yet. */
function isUnsettled({ updatedAt }: Dated, { settledTo }: Asked): boolean {
  return updatedAt !== undefined && updatedAt >= settledTo
}

/** On a page asked again: whether it came before the place that was gone back to. */
function cameBefore(row: Dated, asked: Asked): boolean {
  const { again, order } = asked
  if (again === undefined || row.updatedAt === undefined) return false
  return order === 'ascending' ? row.updatedAt < again : row.updatedAt > again && !isUnsettled(row, asked)
}

/** Whether it was taken as it is. Of `skip` and `ahead` nobody knows how it was: it may have changed since. */
function wasTaken({ ids, skip, ahead }: Slice, row: Dated, asked: Asked): boolean {
  const time = ids?.get(row.id)
  if (time !== undefined) return row.updatedAt === undefined || row.updatedAt <= time
  return !isUnsettled(row, asked) && (skip?.has(row.id) || ahead?.includes(row.id) || false)
}

/** From here on a row cannot stand at its time: the query does not reach so far. Unix seconds. */
function queryEnd({ to }: Slice, { order, matching }: Asked): number {
  // By calendar day, newest first, there is no upper bound.
  if (to === null || (order === 'descending' && matching === 'day')) return Number.POSITIVE_INFINITY
  // Whether a bound is taken in is not known; by calendar day it is off by a day at most.
  return to + SLACK_SECONDS[matching] + (matching === 'day' ? DAY_SECONDS : 1)
}
