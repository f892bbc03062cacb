import type { Sample, Scrape } from './scrape.ts'

export type Vector = Omit<Sample, 'name'>[]
export type Value = number | Vector

export const nameOf = (labels: Record<string, string>) => JSON.stringify(Object.entries(labels).toSorted())

const arithmetic: Record<string, (left: number, right: number) => number> = {
  '+': (left, right) => left + right,
  '-': (left, right) => left - right,
  '*': (left, right) => left * right,
  '/': (left, right) => left / right,
}
const comparisons: Record<string, (left: number, right: number) => boolean> = {
  '==': (left, right) => left === right,
  '!=': (left, right) => left !== right,
  '>': (left, right) => left > right,
  '<': (left, right) => left < right,
  '>=': (left, right) => left >= right,
  '<=': (left, right) => left <= right,
}

/** The operators: those that bind least first. */
export const precedence = [['or'], ['and', 'unless'], Object.keys(comparisons), ['+', '-'], ['*', '/']]

export function combine(operator: string, left: Value, right: Value): Value {
  if (operator === 'and' || operator === 'or' || operator === 'unless') return combineSets(operator, left, right)
  const compute = (a: number, b: number): number[] => {
    const isHeld = comparisons[operator]
    return isHeld ? (isHeld(a, b) ? [a] : []) : [arithmetic[operator]?.(a, b) ?? Number.NaN]
  }
  if (typeof left === 'number' && typeof right === 'number') {
    if (operator in comparisons) throw new Error('a comparison of two numbers is no alert')
    return compute(left, right)[0] ?? Number.NaN
  }
  if (typeof right === 'number')
    return (left as Vector).flatMap(({ labels, value }) =>
      compute(value, right).map((each) => ({ labels, value: each })),
    )
  const others = new Map(right.map(({ labels, value }) => [nameOf(labels), value]))
  if (typeof left === 'number')
    return right.flatMap(({ labels, value }) =>
      // A comparison keeps what the vector has, whichever side that is on.
      compute(left, value).map((each) => ({ labels, value: operator in comparisons ? value : each })),
    )
  return left.flatMap(({ labels, value }) => {
    const other = others.get(nameOf(labels))
    return other === undefined ? [] : compute(value, other).map((each) => ({ labels, value: each }))
  })
}

function combineSets(operator: 'and' | 'or' | 'unless', left: Value, right: Value): Vector {
  if (typeof left === 'number' || typeof right === 'number') throw new Error(`${operator} is between vectors`)
  const isIn = (vector: Vector) => {
    const names = new Set(vector.map(({ labels }) => nameOf(labels)))
    return ({ labels }: Vector[number]) => names.has(nameOf(labels))
  }
  if (operator === 'and') return left.filter(isIn(right))
  if (operator === 'unless') return left.filter((one) => !isIn(right)(one))
  return [...left, ...right.filter((one) => !isIn(left)(one))]
}

export const aggregations: Record<string, (values: number[]) => number> = {
  max: (values) => Math.max(...values),
  min: (values) => Math.min(...values),
  sum: (values) => values.reduce((sum, value) => sum + value, 0),
  count: (values) => values.length,
}

export function aggregate(vector: Vector, by: readonly string[], reduce: (values: number[]) => number): Vector {
  const groups = new Map<string, { labels: Record<string, string>; values: number[] }>()
  for (const { labels, value } of vector) {
    const kept = Object.fromEntries(by.flatMap((label) => (label in labels ? [[label, labels[label] ?? '']] : [])))
    const group = groups.get(nameOf(kept)) ?? { labels: kept, values: [] }
    groups.set(nameOf(kept), group)
    group.values.push(value)
  }
  return [...groups.values()].map(({ labels, values }) => ({ labels, value: reduce(values) }))
}

export interface Selector {
  matches(sample: Sample): boolean
  /** Of a range, s. */
  range?: number
}

/** What a counter has grown by. A series that has come up only now has grown by nothing, as in Prometheus. */
export function increase(history: readonly Scrape[], at: number, { matches, range = 0 }: Selector): Vector {
  const series = new Map<string, { labels: Record<string, string>; values: number[] }>()
  for (const scrape of history)
    if (at - range < scrape.at && scrape.at <= at)
      for (const { labels, value } of scrape.samples.filter(matches)) {
        const one = series.get(nameOf(labels)) ?? { labels, values: [] }
        series.set(nameOf(labels), one)
        one.values.push(value)
      }
  return [...series.values()].flatMap(({ labels, values }) => {
    if (values.length < 2) return []
    const steps = values.slice(1).map((value, place) => {
      const before = values[place] ?? 0
      return value < before ? value : value - before
    })
    return [{ labels, value: steps.reduce((sum, step) => sum + step, 0) }]
  })
}
