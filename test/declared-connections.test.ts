import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t from 'tap'
import type { ConnectionBody } from '../src/http/bodies/connection-schemas.ts'
import { listenSimulator } from './support/listening-simulator.ts'
import { untilHolds } from './support/polling.ts'
import { runCompiled } from './support/processes.ts'
import { onRealRedis } from './support/redis.ts'

const intercom = await listenSimulator(t, {
  contacts: 3,
  companies: 0,
  conversations: 0,
  accessTokens: { 'simulator-token': [], 'token-without-tags': ['read_tags'] },
})
const folder = await mkdtemp(join(tmpdir(), 'intercom-sync-declared-'))
t.teardown(() => rm(folder, { recursive: true, force: true }))
const file = join(folder, 'connections.yaml')
const environment = {
  PORT: '0',
  DATA_DIR: join(folder, 'data'),
  INTERCOM_BASE_URL: intercom.url,
  CONNECTIONS_FILE: file,
  ACME_TOKEN: 'simulator-token',
}
const serve = () => runCompiled(t, 'test/support/serve-process.js', [], environment)

const declare = (more = '') => `connections:
  acme:
    config: {access_token: "\${ACME_TOKEN}", start_date: 2024-01-01T00:00:00Z}
    streams: [contacts]
    schedule: {type: interval, every: PT1H}
${more}`
const beta = `  beta:
    config: {access_token: "\${file:beta.token}"}
    streams: [tags]
`

t.test('a service that starts with a wrong file says where the fault is, and ends', onRealRedis, async (t) => {
  for (const [text, told] of [
    [declare().replace('PT1H', 'PT1S'), /connections\.yaml:5#\/connections\/acme\/schedule\/every is shorter/],
    [declare().replace('ACME_TOKEN', 'NO_TOKEN'), /:3#\/connections\/acme\/config\/access_token needs the environment/],
    [declare('  no id: {config: {access_token: x}}\n'), /:6#\/connections\/no id is no id of a connection/],
    [declare('tenant: acme\n'), /:6#\/tenant must be one of the tenants that have API keys: default/],
    ['connections: [', /connections\.yaml is not YAML: look at line 1/],
  ] as const) {
    await writeFile(file, text)
    const process = serve()
    t.equal(await process.exited, 1, process.stderr())
    t.match(process.stderr(), told)
    t.match(process.stderr(), /CONNECTIONS_FILE/)
  }
})

t.test(
  'connections are made what the file says, at the start and on SIGHUP, and checked later',
  onRealRedis,
  async (t) => {
    await writeFile(file, declare())
    // At first Intercom does not answer: the service starts all the same.
    intercom.faults.next([{ status: 503, repeat: 3 }])
    const service = serve()
    const url = (await service.untilLine(/^intercom-sync listens on/)).split(' ').at(-1) ?? ''
    const call = async (method: string, path: string, body?: object) => {
      const headers = { 'content-type': 'application/json' }
      const answer = await fetch(`${url}/v1/connections/${path}`, {
        method,
        ...(body && { headers, body: JSON.stringify(body) }),
      })
      return (await answer.json()) as ConnectionBody
    }
    const ofFile = /the file of connections is (not )?applied/
    const linesOf = (pattern: RegExp) => {
      const lines = service.stderr().split('\n')
      return lines.filter((line) => pattern.test(line))
    }
    /** What is logged of the file after the service was told to read it. */
    const applied = async () => {
      const before = linesOf(ofFile).length
      service.child.kill('SIGHUP')
      await untilHolds(() => linesOf(ofFile).length > before)
      return JSON.parse(linesOf(ofFile).at(-1) ?? '') as Record<string, unknown>
    }
    t.match(service.stderr(), /declared connection applied/)
    await service.untilLine(/"connectionId":"acme".*"status":"succeeded".*declared connection checked/)
    t.match(await call('GET', 'acme'), {
      declaredIn: 'CONNECTIONS_FILE',
      schedule: { every: 'PT1H' },
      check: { status: 'succeeded' },
    })

    await call('PUT', 'other', { config: { access_token: 'simulator-token' }, streams: ['tags'] })
    const put = await call('PATCH', 'acme', { schedule: { every: 'PT2H' } })
    t.match(put.warnings, [/CONNECTIONS_FILE.*comes back/])

    await writeFile(join(folder, 'beta.token'), 'token-without-tags\n')
    await writeFile(file, declare(beta))
    t.match(await applied(), { created: 1, changed: 1, unchanged: 0 })
    const [change = ''] = linesOf(/"connectionId":"acme","change":"changed"/)
    t.match(JSON.parse(change), { changes: [{ pointer: '/schedule/every', before: 'PT2H', after: 'PT1H' }] })
    t.match(await call('GET', 'acme'), { schedule: { every: 'PT1H' }, check: { status: 'succeeded' } })
    const other = await call('GET', 'other')
    t.notOk('declaredIn' in other, 'what the file does not name is left alone')

    await writeFile(file, declare(beta).replace('PT1H', 'every hour'))
    t.match(await applied(), { reason: /connections\.yaml:5#\/connections\/acme\/schedule\/every is no ISO 8601/ })
    t.match(await call('GET', 'acme'), { schedule: { every: 'PT1H' } })

    await writeFile(file, declare())
    t.match(await applied(), { created: 0, changed: 0, unchanged: 1 })
    const left = await call('GET', 'beta')
    t.equal(left.connectionId, 'beta', 'what the file no longer names stays')
    t.notOk('declaredIn' in left)
    t.equal(await service.end('SIGTERM'), 0)
    for (const secret of ['simulator-token', 'token-without-tags'])
      t.notOk(`${service.stdout()}${service.stderr()}`.includes(secret), 'secrets are not shown')
  },
)
