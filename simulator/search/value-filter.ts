import { isInSegment, segmentIndexOf } from '../records/below/segment-members.ts'
import type { RecordPlan } from '../records/record-definition.ts'
import type { RecordVersion } from '../records/record-version.ts'
import { RefusedRequest } from '../serving/answer.ts'
import { type Predicate, testedPredicate } from './predicate.ts'
import type { FieldKind, SearchRules } from './search-rules.ts'

interface ValueFilter {
  field: string
  operator: string
  value: unknown
}

type Comparison = (held: unknown, asked: unknown) => boolean

/** Numbers and booleans may be sent as text, so values are compared by their text. */
const text = (value: unknown): string | null => (value === null || value === undefined ? null : String(value))
const lower = (value: unknown): string => (text(value) ?? '').toLowerCase()
const isIn: Comparison = (held, asked) => Array.isArray(asked) && asked.some((one) => text(one) === text(held))
const ordered =
  (holds: (difference: number) => boolean): Comparison =>
  (held, asked) =>
    typeof held === 'number' && holds(held - Number(asked))

const comparisons: Record<string, Comparison> = {
  '=': (held, asked) => text(held) === text(asked),
  '!=': (held, asked) => text(held) !== text(asked),
  IN: isIn,
  NIN: (held, asked) => !isIn(held, asked),
  '~': (held, asked) => lower(held).includes(lower(asked)),
  '!~': (held, asked) => !lower(held).includes(lower(asked)),
  '^': (held, asked) => lower(held).startsWith(lower(asked)),
  $: (held, asked) => lower(held).endsWith(lower(asked)),
  '>': ordered((difference) => difference > 0),
  '<': ordered((difference) => difference < 0),
  '>=': ordered((difference) => difference >= 0),
  '<=': ordered((difference) => difference <= 0),
}

const equality = ['=', '!=']
const membership = [...equality, 'IN', 'NIN']
const matching = [...membership, '~', '!~', '^', '$']
const operatorsOf: Record<Exclude<FieldKind, 'date' | 'date_attribute'>, readonly string[]> = {
  text: matching,
  number: Object.keys(comparisons),
  boolean: equality,
  attribute: Object.keys(comparisons),
  tag: equality,
  segment: membership,
}

/** A filter on anything except a date. */
export function valuePredicate(
  kind: keyof typeof operatorsOf,
  { field, operator, value }: ValueFilter,
  { tagsPath, hasSegment = () => true }: Pick<SearchRules, 'tagsPath' | 'hasSegment'>,
): Predicate {
  const compare = comparisons[operator]
  if (compare === undefined || !operatorsOf[kind].includes(operator)) {
    throw new RefusedRequest(400, 'parameter_invalid', `Operator ${operator} is not supported for ${field}`)
  }
  if ((operator === 'IN' || operator === 'NIN') !== Array.isArray(value)) {
    throw new RefusedRequest(400, 'parameter_invalid', `Value of ${field} does not fit operator ${operator}`)
  }
  if (kind === 'tag') return testedPredicate((version) => hasTag(version, tagsPath, value) === (operator === '='))
  if (kind === 'segment') {
    const asked = (Array.isArray(value) ? value : [value]).map(String).filter(hasSegment)
    return testedPredicate(({ plan }) => isAnySegment(plan, asked) === /^(=|IN)$/.test(operator))
  }
  return testedPredicate((version) => compare(heldValue(version, field), value))
}

function hasTag(version: RecordVersion, tagsPath: string, id: unknown): boolean {
  const tags = version.member(tagsPath)
  return Array.isArray(tags) && tags.some((tag: { id?: unknown }) => text(tag.id) === text(id))
}

function isAnySegment(plan: RecordPlan, ids: readonly string[]): boolean {
  return ids.some((id) => isInSegment(plan, segmentIndexOf(id)))
}

/** `email_domain` is searchable although it is not a member of a contact. */
function heldValue(version: RecordVersion, field: string): unknown {
  if (field === 'id') return version.plan.id
  return field === 'email_domain' ? text(version.member('email'))?.split('@')[1] : version.member(field)
}
