import type { RecordVersion } from '../records/record-version.ts'

/** The value that a search sorts by: a time in ms, a number or a text; -1 stands for null, as in Intercom's cursors. */
export type SortValue = number | string

/** A place in a sorted result: the value and, among equals, the id. */
export interface SortKey {
  value: SortValue
  id: string
}

/** A member that holds a Unix second; these two are known without reading the record's text. */
export function timeOf(version: RecordVersion, field: string): number | null {
  if (field === 'updated_at') return version.plan.updatedAt
  if (field === 'created_at') return version.plan.createdAt
  const value = version.member(field)
  return typeof value === 'number' ? value : null
}

export function sortKey(version: RecordVersion, field: string): SortKey {
  const { id } = version.plan
  if (field === 'id') return { value: id, id }
  if (field.endsWith('_at')) {
    const seconds = timeOf(version, field)
    return { value: seconds === null ? -1 : seconds * 1000, id }
  }
  const value = version.member(field)
  if (typeof value === 'boolean') return { value: Number(value), id }
  return { value: typeof value === 'number' || typeof value === 'string' ? value : -1, id }
}

const rank = (value: SortValue): number => (typeof value === 'number' ? 0 : 1)

function compareValues(left: SortValue, right: SortValue): number {
  if (typeof left === 'number' && typeof right === 'number') return left - right
  if (typeof left === 'string' && typeof right === 'string') return left < right ? -1 : left > right ? 1 : 0
  return rank(left) - rank(right)
}

/** Ascending order; numbers, including nulls, come before texts. */
export function compareKeys(left: SortKey, right: SortKey): number {
  return compareValues(left.value, right.value) || compareValues(left.id, right.id)
}
