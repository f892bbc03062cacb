import { aggregate, aggregations, combine, increase, precedence, type Selector, type Value } from './promql-values.ts'
import type { Scrape } from './scrape.ts'

/** @param at s since the epoch */
export type Expression = (history: readonly Scrape[], at: number) => Value

/** Prometheus looks this far back for the latest sample, s. */
const lookBackSeconds = 300
const secondsOf = { s: 1, m: 60, h: 3600, d: 86_400 }

/** A duration such as `15m`, s. */
export function readDuration(text: string): number {
  const [, count, unit] = /^(\d+)([smhd])$/.exec(text) ?? []
  if (count === undefined) throw new Error(`${text} is no duration`)
  return Number(count) * secondsOf[unit as keyof typeof secondsOf]
}

const tokenPattern = /\s*("[^"]*"|\[\w+\]|[A-Za-z_]\w*|\d+(?:\.\d+)?|=~|[=!<>]=|[-+*/<>=(){},])/y

/** The tokens of an expression, of which the reader takes one after the other. */
class Tokens {
  readonly #tokens: string[] = []
  #place = 0

  constructor(text: string) {
    tokenPattern.lastIndex = 0
    while (tokenPattern.lastIndex < text.trimEnd().length) {
      const place = tokenPattern.lastIndex
      const token = tokenPattern.exec(text)?.[1]
      if (token === undefined) throw new Error(`what is meant by ${text.slice(place)}?`)
      this.#tokens.push(token)
    }
  }

  get next(): string {
    return this.#tokens[this.#place] ?? ''
  }

  take(...expected: string[]): string {
    const token = this.next
    if (expected.length > 0 && !expected.includes(token))
      throw new Error(`${expected.join(' or ')} expected, not ${token || 'the end'}`)
    this.#place++
    return token
  }

  takeIf(token: string): boolean {
    const isNext = this.next === token
    if (isNext) this.#place++
    return isNext
  }

  /** What is in parentheses. */
  within<Inner>(read: () => Inner): Inner {
    this.take('(')
    const inner = read()
    this.take(')')
    return inner
  }
}

/** As much of PromQL as our alerts use. @throws Error where the text has what this does not know */
export function readExpression(text: string): Expression {
  const tokens = new Tokens(text)
  const expression = readBinary(tokens, 0)
  if (tokens.next !== '') throw new Error(`${text}: what is ${tokens.next}?`)
  return expression
}

function readBinary(tokens: Tokens, level: number): Expression {
  const operators = precedence[level]
  if (!operators) return readOperand(tokens)
  let whole = readBinary(tokens, level + 1)
  while (operators.includes(tokens.next)) {
    const [left, operator, right] = [whole, tokens.take(), readBinary(tokens, level + 1)]
    whole = (history, at) => combine(operator, left(history, at), right(history, at))
  }
  return whole
}

function readOperand(tokens: Tokens): Expression {
  const { next } = tokens
  if (/^\d/.test(next)) {
    const number = Number(tokens.take())
    return () => number
  }
  if (next === '(') return tokens.within(() => readBinary(tokens, 0))
  if (next in aggregations) return readAggregation(tokens)
  if (tokens.takeIf('time')) return tokens.within(() => (_history: readonly Scrape[], at: number) => at)
  if (next === 'rate' || next === 'increase') {
    tokens.take()
    const counter = tokens.within(() => readSelector(tokens))
    const { range = Number.NaN } = counter
    return (history, at) =>
      increase(history, at, counter).map(({ labels, value }) => ({
        labels,
        value: next === 'rate' ? value / range : value,
      }))
  }
  const { matches } = readSelector(tokens)
  return (history, at) => {
    const latest = history.findLast((scrape) => scrape.at <= at)
    if (!latest || at - latest.at > lookBackSeconds) return []
    return latest.samples.filter(matches).map(({ labels, value }) => ({ labels, value }))
  }
}

function readAggregation(tokens: Tokens): Expression {
  const reduce = aggregations[tokens.take()]
  if (!reduce) throw new Error('no aggregation')
  const by = tokens.takeIf('by')
    ? tokens.within(() => {
        const labels = [tokens.take()]
        while (tokens.takeIf(',')) labels.push(tokens.take())
        return labels
      })
    : []
  const inner = tokens.within(() => readBinary(tokens, 0))
  return (history, at) => {
    const vector = inner(history, at)
    if (typeof vector === 'number') throw new Error('a number is no vector')
    return aggregate(vector, by, reduce)
  }
}

function readSelector(tokens: Tokens): Selector {
  const name = tokens.take()
  const conditions: Selector['matches'][] = []
  if (tokens.takeIf('{')) {
    do conditions.push(readCondition(tokens))
    while (tokens.takeIf(','))
    tokens.take('}')
  }
  const range = tokens.next.startsWith('[') ? readDuration(tokens.take().slice(1, -1)) : undefined
  return {
    matches: (sample) => sample.name === name && conditions.every((isHeld) => isHeld(sample)),
    ...(range !== undefined && { range }),
  }
}

function readCondition(tokens: Tokens): Selector['matches'] {
  const [label, operator, quoted] = [tokens.take(), tokens.take('=', '!=', '=~'), tokens.take()]
  const wanted = JSON.parse(quoted) as string
  if (operator === '=~') return ({ labels }) => new RegExp(`^(?:${wanted})$`).test(labels[label] ?? '')
  return ({ labels }) => ((labels[label] ?? '') === wanted) === (operator === '=')
}
