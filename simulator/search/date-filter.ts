import { RefusedRequest } from '../serving/answer.ts'
import type { Calendar } from './calendar-day.ts'
import { type Predicate, rangePredicate, type TimeRange, testedPredicate } from './predicate.ts'
import { timeOf } from './sort-key.ts'

/** A filter on one time field. `second` is what the client compares with, Unix seconds. */
export interface DateFilter {
  field: string
  operator: string
  second: number
}

const always = Number.POSITIVE_INFINITY

function unsupported({ field, operator }: DateFilter): never {
  throw new RefusedRequest(
    400,
    'parameter_invalid',
    `Operator ${operator} is not supported for the date field ${field}`,
  )
}

const withRange = (field: string, range: TimeRange): Predicate =>
  rangePredicate(field, [range], (version) => timeOf(version, field))

/**
 * By calendar day: "=" is the whole day, ">" begins with the next day, "<" ends before this day. Everything else is
 * refused.
 */
export function dayPredicate(filter: DateFilter, calendar: Calendar): Predicate {
  const { from, to } = calendar.dayOf(filter.second)
  switch (filter.operator) {
    case '=':
      return withRange(filter.field, { from, to })
    case '>':
      return withRange(filter.field, { from: to, to: always })
    case '<':
      return withRange(filter.field, { from: -always, to: from })
    default:
      return unsupported(filter)
  }
}

/** By the second. "!=" includes nulls. */
export function secondPredicate(filter: DateFilter): Predicate {
  const { field, second } = filter
  switch (filter.operator) {
    case '=':
      return withRange(field, { from: second, to: second + 1 })
    case '>':
      return withRange(field, { from: second + 1, to: always })
    case '>=':
      return withRange(field, { from: second, to: always })
    case '<':
      return withRange(field, { from: -always, to: second })
    case '<=':
      return withRange(field, { from: -always, to: second + 1 })
    case '!=':
      return testedPredicate((version) => timeOf(version, field) !== second)
    default:
      return unsupported(filter)
  }
}
