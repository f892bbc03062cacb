/**
 * Search requests. A walk wants records by exact second. How to ask for them differs:
 * - by second (contacts from API 2.17; conversations and tickets always): bounds are widened by one second, because the
 *   documents contradict each other on whether `>` and `<` include the bound itself;
 * - by calendar day (contacts up to 2.16): `>` starts on the day after the value's, `<` ends before the value's day,
 *   days are those of the workspace's zone. Two days of slack cover every zone and the 25-hour days.
 * Either way the answer holds more than the walk wants, and the walk filters it exactly.
 */
export type DateMatching = 'second' | 'day'

export type SortOrder = 'ascending' | 'descending'

/** Half-open time range in Unix seconds; null = unbounded. */
export interface TimeRange {
  from: number | null
  to: number | null
}

interface Filter {
  field: string
  operator: '>' | '<'
  value: number
}

/** How far a query reaches beyond the wanted range, on either side. */
export const SLACK_SECONDS: Record<DateMatching, number> = { second: 1, day: 2 * 86_400 }

/** The largest page Intercom gives for a search. */
export const LARGEST_PAGE = 150

/** The body of a search for records updated (and created) within ranges. */
export function searchBody(
  ranges: { updated: TimeRange; created?: TimeRange },
  matching: DateMatching,
  options: { order: SortOrder; perPage: number; after?: string | undefined },
): object {
  const filters = [
    ...boundFilters('updated_at', ranges.updated, matching),
    ...boundFilters('created_at', ranges.created ?? { from: null, to: null }, matching),
  ]
  return {
    query: { operator: 'AND', value: filters },
    sort: { field: 'updated_at', order: options.order },
    pagination: { per_page: options.perPage, ...(options.after !== undefined && { starting_after: options.after }) },
  }
}

function boundFilters(field: string, range: TimeRange, matching: DateMatching): Filter[] {
  const slack = SLACK_SECONDS[matching]
  const filters: Filter[] = []
  if (range.from !== null) filters.push({ field, operator: '>', value: Math.max(0, range.from - slack) })
  if (range.to !== null) filters.push({ field, operator: '<', value: range.to + slack })
  return filters
}
