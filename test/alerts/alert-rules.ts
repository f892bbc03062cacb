import { readFileSync } from 'node:fs'
import { parse } from 'yaml'
import { parseMetrics } from '../support/metrics.ts'
import { type Expression, readDuration, readExpression } from './promql.ts'
import { nameOf } from './promql-values.ts'
import type { Sample, Scrape } from './scrape.ts'

/** An alert that operators may copy out of docs/operations.md. */
export interface AlertRule {
  name: string
  isTrue: Expression
  /** For how long it must hold before somebody is told, s. */
  forSeconds: number
}

/** @param edit what a reader of the document changes in its rules */
export function readAlertRules(edit: (text: string) => string = (text) => text): AlertRule[] {
  const [, text = ''] = readFileSync('docs/operations.md', 'utf8').match(/```yaml\n(groups:[^`]*)```/) ?? []
  const { groups } = parse(edit(text)) as { groups: { rules: { alert: string; expr: string; for?: string }[] }[] }
  return groups.flatMap(({ rules }) =>
    rules.map(({ alert, expr, for: lasting = '0s' }) => ({
      name: alert,
      isTrue: readExpression(expr),
      forSeconds: readDuration(lasting),
    })),
  )
}

/** The samples of one instance's metrics. */
export function samplesOf(instance: string, text: string): Sample[] {
  return [...parseMetrics(text)].map(([series, value]) => {
    const [, name = '', pairs = ''] = /^(\w+)(?:\{(.*)\})?$/.exec(series) ?? []
    const labels = [...pairs.matchAll(/(\w+)="([^"]*)"/g)].map(([, label = '', each = '']) => [label, each])
    return { name, labels: { ...Object.fromEntries(labels), instance }, value }
  })
}

/** The alerts that are told after the last scrape: they have held at every scrape for as long as they say. */
export function toldAlerts(rules: readonly AlertRule[], history: readonly Scrape[]): string[] {
  const end = history.at(-1)?.at ?? 0
  return rules
    .filter(({ isTrue, forSeconds }) => {
      const heldAt = (at: number) => {
        const value = isTrue(history, at)
        return new Set<string>(typeof value === 'number' ? [] : value.map(({ labels }) => nameOf(labels)))
      }
      // From the latest scrape that is long enough ago.
      const start = history.findLast(({ at }) => at <= end - forSeconds)?.at
      if (start === undefined) return false
      const times = history.filter(({ at }) => at >= start).map(({ at }) => at)
      const [first = new Set<string>(), ...later] = times.map(heldAt)
      return [...first].some((name) => later.every((held) => held.has(name)))
    })
    .map(({ name }) => name)
}
