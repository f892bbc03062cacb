import { readFileSync } from 'node:fs'
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t from 'tap'
import { metricTable } from '../src/metrics-table.ts'
import { readConfig } from '../src/settings/config.ts'
import { readBlocks } from './support/documents.ts'
import { runCompiled, runShell } from './support/processes.ts'

const unit = readFileSync('deploy/intercom-sync.service', 'utf8')
const dashboard = JSON.parse(readFileSync('deploy/grafana-dashboard.json', 'utf8')) as {
  panels: {
    id: number
    type: string
    title: string
    description?: string
    targets?: { expr: string; legendFormat: string }[]
  }[]
  templating: { list: { name: string; query: string | { query: string } }[] }
}
const expressions = dashboard.panels.flatMap(({ targets = [] }) => targets.map(({ expr }) => expr))
const variables = dashboard.templating.list.flatMap(({ query }) => (typeof query === 'string' ? [] : query.query))

const unitEnvironment = Object.fromEntries(
  [...unit.matchAll(/^Environment=(\w+)=(.*)$/gm)].map(([, name = '', value = '']) => [name, value]),
)
const installation = readBlocks('docs/operations.md').find(({ text }) => text.startsWith('npm pack'))?.text ?? ''

/** Names of metrics in a query of Prometheus. */
const metricsIn = (query: string) => query.match(/\b(?:intercom_sync|nodejs|process)_[a-z0-9_]+/g) ?? []
/** The names of all samples of a metric, by its type. */
const samplesOf = (name: string, type: string) =>
  type === 'histogram' ? [`${name}_bucket`, `${name}_count`, `${name}_sum`] : [name]

t.test('every metric on the dashboard is one that a service shows, and every metric of ours is on it', async (t) => {
  const dataDir = await mkdtemp(join(tmpdir(), 'intercom-sync-data-'))
  t.teardown(() => rm(dataDir, { recursive: true, force: true }))
  const service = runCompiled(t, 'test/support/serve-process.js', [], { PORT: '0', DATA_DIR: dataDir })
  const url = (await service.untilLine(/^intercom-sync listens on/)).split(' ').at(-1)
  const text = await (await fetch(`${url}/metrics`)).text()
  const shown = [...text.matchAll(/^# TYPE (\S+) (\S+)$/gm)].flatMap(([, name = '', type = '']) =>
    samplesOf(name, type),
  )
  const asked = new Set([...expressions, ...variables].flatMap(metricsIn))
  t.same(
    [...asked].filter((name) => !shown.includes(name)),
    [],
  )
  const ours = Object.entries(metricTable)
  t.same(
    ours.filter(([name, { type }]) => !samplesOf(name, type).some((sample) => asked.has(sample))).map(([name]) => name),
    [],
  )
})

t.test('the dashboard asks of each metric only for labels that it has', async (t) => {
  const labels = new Map<string, readonly string[]>(
    Object.entries(metricTable).flatMap(([name, { type, labels }]) =>
      samplesOf(name, type).map((sample) => [sample, labels] as const),
    ),
  )
  const wrong = expressions.flatMap((query) => {
    const grouped = [...query.matchAll(/\bby \(([^)]*)\)/g)].flatMap(([, names = '']) => names.split(', '))
    const selected = [...query.matchAll(/(\w+)(?:=|!=)~?"/g)].map(([, name = '']) => name)
    const known = ['job', 'instance', 'le', ...metricsIn(query).flatMap((name) => labels.get(name) ?? [])]
    return [...grouped, ...selected].filter((name) => !known.includes(name)).map((name) => `${name}: ${query}`)
  })
  t.same(wrong, [])
  const ids = dashboard.panels.map(({ id }) => id)
  t.equal(new Set(ids).size, ids.length, 'each panel has an id of its own')
  for (const { type, title, description } of dashboard.panels) t.ok(type === 'row' || description, title)
})

t.test('the systemd unit starts the service, gives it time to end, and keeps its data', async (t) => {
  const settings = new Map([...unit.matchAll(/^(\w+)=(.*)$/gm)].map(([, name = '', value = '']) => [name, value]))
  t.equal(settings.get('ExecStart'), '/usr/local/bin/intercom-sync serve')
  t.ok(Number(settings.get('TimeoutStopSec')) > 40, 'an orderly end takes 40 s at most')
  t.equal(settings.get('KillMode'), 'mixed', 'Redis has to outlive the hand-over of the jobs')
  t.equal(readConfig({ DATA_DIR: unitEnvironment.DATA_DIR }).dataDir, `/var/lib/${settings.get('StateDirectory')}`)
})

t.test('the systemd unit gets its secrets as files, which the lines of the guide make', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'intercom-sync-unit-'))
  t.teardown(() => rm(folder, { recursive: true, force: true }))
  const lines = [...installation.matchAll(/^(?:mkdir|echo) .*/gm)].map(([line]) => line).join('\n')
  await runShell(t, lines.replaceAll('/etc/intercom-sync', join(folder, 'etc')))
  t.equal((await stat(join(folder, 'etc'))).mode & 0o777, 0o700)
  const credentials = [...unit.matchAll(/^LoadCredential=([^:]+):(\S+)$/gm)].map(([, id = '', path = '']) => [id, path])
  t.equal(credentials.length, 2)
  // The folder of systemd's copies is %d.
  const placed = Object.entries(unitEnvironment).map(([name, value]) => {
    const path = credentials.find(([id]) => value === `%d/${id}`)?.[1]
    return [name, path?.replace('/etc/intercom-sync', join(folder, 'etc')) ?? value]
  })
  t.match(readConfig(Object.fromEntries(placed)), { apiKeys: [{ tenant: 'default' }], encryptionKeys: [{ kid: 'k1' }] })
  t.match(unit, /^#LoadCredential=redis-url:\S+\n#Environment=REDIS_URL_FILE=%d\/redis-url$/m)
})

t.test('the line of docs/operations.md that installs the unit finds the program where npm puts it', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'intercom-sync-unit-'))
  t.teardown(() => rm(folder, { recursive: true, force: true }))
  const [line = ''] = /^sed .*/m.exec(installation) ?? []
  await writeFile(join(folder, 'npm'), '#!/bin/sh\necho /opt/node\n', { mode: 0o755 })
  await runShell(t, `PATH="${folder}:$PATH"\n${line.replace('/etc/systemd/system', folder)}`)
  t.equal(
    await readFile(join(folder, 'intercom-sync.service'), 'utf8'),
    unit.replace('/usr/local/bin/', '/opt/node/bin/'),
  )
})
