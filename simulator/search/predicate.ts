import type { RecordVersion } from '../records/record-version.ts'

/** Unix seconds in [from, to). */
export interface TimeRange {
  from: number
  to: number
}

/** A query made executable. */
export interface Predicate {
  test: (version: RecordVersion) => boolean
  /**
   * By time field: disjoint ascending ranges outside of which nothing matches. A field that is missing here is not
   * limited.
   */
  ranges: ReadonlyMap<string, readonly TimeRange[]>
  /** Whether the ranges of the single field in `ranges` decide everything that `test` decides. */
  exact: boolean
}

const noRanges: ReadonlyMap<string, readonly TimeRange[]> = new Map()

/** A predicate that needs the record's text to decide. */
export function testedPredicate(test: (version: RecordVersion) => boolean): Predicate {
  return { test, ranges: noRanges, exact: false }
}

/** A predicate on one time field; nulls never match. */
export function rangePredicate(
  field: string,
  ranges: readonly TimeRange[],
  timeOf: (version: RecordVersion) => number | null,
): Predicate {
  const test = (version: RecordVersion): boolean => {
    const time = timeOf(version)
    return time !== null && ranges.some(({ from, to }) => time >= from && time < to)
  }
  return { test, ranges: new Map([[field, ranges]]), exact: true }
}

export function everyPredicate(parts: readonly Predicate[]): Predicate {
  const ranges = new Map<string, readonly TimeRange[]>()
  for (const part of parts) {
    for (const [field, own] of part.ranges) {
      const others = ranges.get(field)
      ranges.set(field, others === undefined ? own : intersection(others, own))
    }
  }
  return {
    test: (version) => parts.every((part) => part.test(version)),
    ranges,
    exact: ranges.size === 1 && parts.every((part) => part.exact),
  }
}

export function anyPredicate(parts: readonly Predicate[]): Predicate {
  const ranges = new Map<string, readonly TimeRange[]>()
  const [first, ...rest] = parts
  for (const [field, own] of first?.ranges ?? noRanges) {
    const others = rest.map((part) => part.ranges.get(field))
    // A part without a range on the field can match anywhere.
    if (others.includes(undefined)) continue
    ranges.set(field, union([own, ...others.filter((other) => other !== undefined)].flat()))
  }
  return {
    test: (version) => parts.some((part) => part.test(version)),
    ranges,
    exact: ranges.size === 1 && parts.every((part) => part.exact && part.ranges.size === 1),
  }
}

function intersection(left: readonly TimeRange[], right: readonly TimeRange[]): TimeRange[] {
  return left
    .flatMap((a) => right.map((b) => ({ from: Math.max(a.from, b.from), to: Math.min(a.to, b.to) })))
    .filter(({ from, to }) => from < to)
}

function union(ranges: readonly TimeRange[]): TimeRange[] {
  const merged: TimeRange[] = []
  for (const range of ranges.toSorted((a, b) => a.from - b.from)) {
    const last = merged.at(-1)
    if (last !== undefined && range.from <= last.to) last.to = Math.max(last.to, range.to)
    else merged.push({ ...range })
  }
  return merged
}
