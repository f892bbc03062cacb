import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { metricTable } from '../../src/metrics-table.ts'

const document = readFileSync(join(process.cwd(), 'docs', 'operations.md'), 'utf8')

/** The rows whose first cell is one of our metrics. */
const rows = [...document.matchAll(/^\| `(intercom_sync_\w+)` *\|(.*)\|$/gm)].map(([, name = '', rest = '']) => {
  const [type = '', labels = '', meaning = ''] = rest.split('|').map((cell) => cell.trim())
  return { name, type, labels: [...labels.matchAll(/`(\w+)`/g)].map(([, label]) => label), meaning }
})

t.test('docs/operations.md lists every metric, each once, with its type and its labels', async (t) => {
  const documented = rows.map(({ name, type, labels }) => ({ name, type, labels }))
  const there = Object.entries(metricTable).map(([name, { type, labels }]) => ({ name, type, labels: [...labels] }))
  t.same(documented, there)
})

t.test('docs/operations.md says what each metric means', async (t) => {
  t.same(
    rows.filter(({ meaning }) => meaning.length < 10).map(({ name }) => name),
    [],
  )
})

t.test('no alert in docs/operations.md asks for a metric that is not there', async (t) => {
  const [, alerts = ''] = document.match(/```yaml\n(groups:[^`]*)```/) ?? []
  const asked = [...alerts.matchAll(/\b(intercom_sync_\w+)/g)].map(([, name = '']) => name)
  t.ok(asked.length >= 5)
  const there = new Set(
    Object.entries(metricTable).flatMap(([name, { type }]) =>
      type === 'histogram' ? [`${name}_count`, `${name}_sum`, `${name}_bucket`] : [name],
    ),
  )
  t.same(
    asked.filter((name) => !there.has(name)),
    [],
  )
})
