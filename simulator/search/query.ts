import { RefusedRequest } from '../serving/answer.ts'
import { anyPredicate, everyPredicate, type Predicate } from './predicate.ts'
import type { SearchRules } from './search-rules.ts'
import { valuePredicate } from './value-filter.ts'

const deepestGroup = 2
const filtersPerGroup = 15

/** The range for which a calendar can find the day, Unix seconds: the years 1 to about 250,000. */
const earliest = -6e10
const latest = 8e12

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

const invalid = (message: string): RefusedRequest => new RefusedRequest(400, 'parameter_invalid', message)

/**
 * Checks the query tree of a search and makes it executable.
 *
 * @throws RefusedRequest 400, as Intercom answers it
 */
export function compileQuery(query: unknown, rules: SearchRules, level = 1): Predicate {
  if (!isObject(query)) throw new RefusedRequest(400, 'parameter_not_found', 'query is missing')
  const { operator, value } = query
  if (typeof operator !== 'string') throw invalid('operator is missing')
  if (operator !== 'AND' && operator !== 'OR') return compileFilter(query, operator, rules)
  if (!Array.isArray(value) || value.length === 0) throw invalid(`${operator} needs a list of filters`)
  if (level > deepestGroup) throw invalid(`Filters can be nested ${deepestGroup} levels deep at most`)
  if (value.length > filtersPerGroup) throw invalid(`${operator} takes ${filtersPerGroup} filters at most`)
  const parts = value.map((part) => compileQuery(part, rules, level + 1))
  return operator === 'AND' ? everyPredicate(parts) : anyPredicate(parts)
}

function compileFilter(query: Record<string, unknown>, operator: string, rules: SearchRules): Predicate {
  const { field, value } = query
  if (typeof field !== 'string') throw invalid('field is missing')
  const kind = rules.fieldKind(field)
  if (kind === undefined) throw new RefusedRequest(400, 'invalid_field', `Field ${field} cannot be searched`)
  if (kind === 'date' || kind === 'date_attribute') {
    return rules.compareDate({ field, operator, second: toSecond(field, value) }, kind)
  }
  return valuePredicate(kind, { field, operator, value }, rules)
}

/** Unix seconds may be sent as number or as text. */
function toSecond(field: string, value: unknown): number {
  const second = typeof value === 'string' && value.trim() !== '' ? Number(value) : value
  if (typeof second !== 'number' || !Number.isInteger(second) || second < earliest || second > latest) {
    throw invalid(`${field} is compared with a Unix timestamp in seconds`)
  }
  return second
}
