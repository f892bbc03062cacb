import { readFileSync } from 'node:fs'
import t from 'tap'
import { parse } from 'yaml'
import { errorTable } from '../../src/error-table.ts'
import { streamTable } from '../../src/streams/table.ts'

interface Metadata {
  connectorType: string
  dockerRepository: string
  dockerImageTag: string
  license: string
  allowedHosts: { hosts: string[] }
  suggestedStreams: { streams: string[] }
}

const read = (path: string): string => readFileSync(path, 'utf8')
const { data } = parse(read('metadata.yaml')) as { data: Metadata }
const product = JSON.parse(read('package.json')) as { version: string; license: string }
const document = read('docs/airbyte.md')

const code = (text: string): string => `\`${text}\``

t.test('metadata.yaml describes a source of this version', async (t) => {
  t.match(data, { connectorType: 'source', dockerImageTag: product.version, license: product.license })
  t.ok(document.includes(`-t ${data.dockerRepository}:${product.version} .`), 'the page builds that image')
})

t.test('metadata.yaml allows the hosts of every region and no others', async (t) => {
  const hosts = new Set(
    [...read('src/intercom/client.ts').matchAll(/'https:\/\/([^'/]+)'/g)].map(([, host = '']) => host),
  )
  t.same(data.allowedHosts.hosts.toSorted(), [...hosts].toSorted())
  for (const host of hosts) t.ok(document.includes(code(host)), host)
})

t.test('metadata.yaml suggests streams that there are', async (t) => {
  const names = streamTable.map(({ name }) => name)
  t.ok(data.suggestedStreams.streams.length > 0)
  t.same(
    data.suggestedStreams.streams.filter((name) => !names.includes(name)),
    [],
  )
})

t.test("docs/airbyte.md has the headings of Airbyte's source pages, in their order", async (t) => {
  const headings = [...document.matchAll(/^## (.*)$/gm)].map(([, heading]) => heading)
  const asked = [
    'Prerequisites',
    'Setup guide',
    'Supported sync modes',
    'Supported streams',
    'Limitations',
    'Changelog',
  ]
  t.same(
    headings.filter((heading) => asked.includes(heading ?? '')),
    asked,
  )
})

t.test('the endings of the bridge name codes that exist, and all that it tries again for', async (t) => {
  const [, endings = ''] = document.split('what Airbyte does next:')
  const [table = ''] = endings.split('\n## ')
  const named = new Set([...table.matchAll(/`([a-z_]+)`/g)].map(([, name = '']) => name))
  named.delete('connection_id')
  const known = Object.entries(errorTable)
  t.same(
    [...named].filter((name) => !Object.hasOwn(errorTable, name)),
    [],
  )
  const again = known.filter(([, { status, retryable }]) => retryable && (status >= 500 || status === 429))
  // What Intercom has come to is told by the job.
  t.same(
    again.map(([name]) => name).filter((name) => !named.has(name) && !name.startsWith('intercom_')),
    [],
  )
})
