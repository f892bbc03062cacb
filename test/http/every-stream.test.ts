import t from 'tap'
import { apiVersions } from '../../src/airbyte/config-members.ts'
import type { CatalogMessage, ConnectionStatusMessage } from '../../src/airbyte/connector-messages.ts'
import type { ConnectionBody } from '../../src/http/bodies/connection-schemas.ts'
import type { JobBody } from '../../src/http/bodies/schemas.ts'
import { streamsOfVersion } from '../../src/streams/versions.ts'
import { createAcceleratedClock } from '../support/accelerated-clock.ts'
import { startEngineService } from '../support/engine-service.ts'
import { listenSimulator } from '../support/listening-simulator.ts'
import { startRedis } from '../support/redis.ts'

const intercom = await listenSimulator(t, {
  contacts: 5,
  companies: 3,
  conversations: 3,
  tickets: 3,
  references: 2,
  oddities: false,
  contactFeeds: 'absent',
  accessTokens: { 'simulator-token': [], narrow: ['read_brands', 'read_articles'] },
})
const app = await startEngineService(t, await startRedis(t), {
  intercomUrl: intercom.url,
  clock: createAcceleratedClock(Date.now(), 5),
})
const config = { access_token: 'simulator-token' }
/** What this workspace does not have of API 2.17. */
const lacking = ['contact_activities', 'deleted_contacts']
/** What the narrow token may not read of API 2.14. */
const needingArticles = ['articles', 'collections', 'internal_articles', 'help_centers']

async function call<Body>(method: string, path: string, body?: object): Promise<{ status: number; body: Body }> {
  const response = await app.fetch(`/v1${path}`, {
    method,
    ...(body && { headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }),
  })
  return { status: response.status, body: (await response.json()) as Body }
}

async function sync(body: object): Promise<JobBody> {
  const started = await call<JobBody>('POST', '/jobs', body)
  if (started.status !== 202) throw new Error(JSON.stringify(started.body))
  for (;;) {
    const job = (await call<JobBody>('GET', `/jobs/${started.body.jobId}?wait=60`)).body
    if (!['pending', 'running', 'incomplete'].includes(job.status)) return job
  }
}

const namesOf = ({ streams }: Pick<JobBody, 'streams'>) => streams.map(({ streamName }) => streamName)

t.test('discover lists what the version of a config has, and all streams without one', async (t) => {
  const listed = async (body: object) => {
    const { catalog } = (await call<CatalogMessage>('POST', '/discover', body)).body
    return catalog.streams.map(({ name }) => name)
  }
  for (const api_version of ['2.11', '2.14', '2.17'] as const)
    t.same(
      await listed({ config: { ...config, api_version } }),
      streamsOfVersion(api_version).flatMap(({ name }) => (lacking.includes(name) ? [] : [name])),
    )
  t.same(await listed({ config }), await listed({ config: { ...config, api_version: '2.16' } }))
  t.ok((await listed({})).includes('ticket_states'))
  t.notOk((await listed({ config: { ...config, api_version: apiVersions[0] } })).includes('ticket_states'))
})

t.test('a stream that the version lacks is refused, and check says so without asking for it', async (t) => {
  const old = { ...config, api_version: '2.11' }
  const detail = /brands came with version 2\.15/
  const body = { config: old, streams: ['tags', 'brands'] }
  for (const [method, path] of [
    ['POST', '/jobs'],
    ['POST', '/estimate'],
    ['PUT', '/connections/old'],
  ] as const)
    t.match(await call(method, path, body), {
      status: 400,
      body: { code: 'invalid_request', errors: [{ pointer: '/streams/1', detail }] },
    })
  const before = intercom.requests.entries.length
  const { body: checked } = await call<ConnectionStatusMessage>('POST', '/check', body)
  t.match(checked.connectionStatus, { status: 'FAILED', message: detail })
  t.notOk(intercom.requests.entries.slice(before).some(({ path }) => path === '/brands'))
  await call('PUT', '/connections/new', { config, streams: ['brands'] })
  const lowered = await call('PATCH', '/connections/new', { config: { api_version: '2.11' } })
  t.match(lowered, { status: 400, body: { code: 'invalid_request', errors: [{ detail }] } })
})

t.test('check of * tells what the token may not read, and succeeds', async (t) => {
  const narrow = { access_token: 'narrow' }
  const check = async (streams: string[]) =>
    (await call<ConnectionStatusMessage>('POST', '/check', { config: narrow, streams })).body.connectionStatus
  t.match(await check(['*']), { status: 'SUCCEEDED', message: /brands: .*"read_brands"/ })
  t.match(await check(['*', 'brands']), { status: 'FAILED', message: /brands: .*"read_brands"/ })
  t.match((await call<ConnectionStatusMessage>('POST', '/check', { config, streams: ['*'] })).body, {
    connectionStatus: { status: 'SUCCEEDED', message: /All streams can be read/ },
  })
})

t.test('a connection keeps * as it is written, and its jobs read what there is by then', async (t) => {
  const path = '/connections/every'
  const streams = ['*', { name: 'tags', syncMode: 'full_refresh' }]
  const put = await call<ConnectionBody & { warnings: string[] }>('PUT', path, {
    config: { ...config, access_token: 'narrow', api_version: '2.14' },
    streams,
    fullRefresh: { schedule: { type: 'cron', cron: '0 3 * * *' }, streams: ['contacts'] },
  })
  t.equal(put.status, 201)
  t.match(
    put.body.warnings,
    needingArticles.map((name) => new RegExp(`^${name}:.*jobs leave out`)),
  )
  const written = [
    { name: '*', syncMode: 'incremental' },
    { name: 'tags', syncMode: 'full_refresh' },
  ]
  t.same(put.body.streams, written)
  const job = await sync({ connectionId: 'every' })
  t.equal(job.status, 'succeeded')
  t.same(job.skippedStreams, needingArticles)
  const first = namesOf(job)
  t.ok(first.includes('away_status_reasons') && !first.includes('office_hours_schedules'))
  await call('POST', `/jobs/${job.jobId}/ack`, { offset: job.messageCount })
  const stateOf = async () => (await call<unknown[]>('GET', `${path}/state`)).body
  const before = await stateOf()

  // As if a later version had brought more streams.
  const patched = await call<ConnectionBody>('PATCH', path, { config: { api_version: '2.16' } })
  t.match(patched, { status: 200, body: { streams: written } })
  t.same(await stateOf(), before, 'no state is reset')
  const next = await sync({ connectionId: 'every' })
  t.equal(next.status, 'succeeded')
  const added = namesOf(next).filter((name) => !first.includes(name))
  t.ok(added.includes('office_hours_schedules') && added.includes('audiences'))
  t.same(
    next.streams
      .filter(({ streamName }) => ['contacts', 'companies'].includes(streamName))
      .map((one) => one.rowsSynced),
    [0, 0],
    'the others go on from their states',
  )
  const whole = await call<ConnectionBody>('GET', path)
  const same = await call('PUT', path, { config: whole.body.config, catalog: whole.body.catalog })
  t.match(same, { status: 200, body: { streams: written } })
  const { body: refreshed } = await call<JobBody>('POST', `${path}/refresh`, {
    streams: ['contacts'],
    since: '2020-01-01T00:00:00Z',
  })
  t.same(refreshed.jobType, 'refresh')
  const one = await call<ConnectionBody>('DELETE', `/jobs/${refreshed.jobId}`)
  t.ok(one.status < 300)
})

t.test('* leaves out what the version has and the workspace does not', async (t) => {
  const job = await sync({ config: { ...config, api_version: '2.17' }, streams: ['*'] })
  t.equal(job.status, 'succeeded')
  t.same(job.skippedStreams?.toSorted(), lacking)
  t.ok(namesOf(job).includes('deleted_conversations'))
})

t.test('an estimate of * has a figure for each of its streams', async (t) => {
  const { body } = await call<{ streams: { streamName: string; problem?: { code: string } }[] }>('POST', '/estimate', {
    config: { access_token: 'narrow' },
    streams: ['*'],
  })
  const names = body.streams.map(({ streamName }) => streamName)
  t.ok(names.includes('office_hours_schedules') && names.includes('contacts'))
  t.match(
    body.streams.find(({ streamName }) => streamName === 'brands'),
    { problem: { code: 'scope_missing' } },
  )
})
