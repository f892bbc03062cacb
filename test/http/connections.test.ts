import t from 'tap'
import type { ConnectionBody } from '../../src/http/bodies/connection-schemas.ts'
import type { Problem } from '../../src/http/requests/problem.ts'
import { startApp } from '../support/app.ts'
import { configuredCatalog } from '../support/configured-catalog.ts'
import { connectionKey } from '../support/keys.ts'
import { startRedis } from '../support/redis.ts'

const server = await startRedis(t)
const api = await startApp(t, server)

const secret = 'dG9rZW4tb2YtYS1jb25uZWN0aW9u'
const config = { access_token: secret, start_date: '2024-01-01T00:00:00Z', client_secret: secret }

const call = async <Body>(method: string, path: string, body?: unknown) => {
  const response = await api.fetch(path, {
    method,
    ...(body !== undefined && { headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }),
  })
  return { status: response.status, body: (await response.json()) as Body }
}
/** What a connection is warned of is another test's: `missing-permissions.test.ts`. */
const put = async (connectionId: string, body: unknown) => {
  const answer = await call<ConnectionBody & Problem>('PUT', `/v1/connections/${connectionId}?validate=false`, body)
  const { warnings: _, ...connection } = answer.body
  return { ...answer, body: connection }
}
const read = (connectionId: string) => call<ConnectionBody>('GET', `/v1/connections/${connectionId}`)

t.test('a connection is made, shown without its secrets, replaced and removed', async (t) => {
  const made = await put('main', { config: { ...config, refresh_key: secret }, streams: ['tags'] })
  t.equal(made.status, 201)
  t.match(made.body, { connectionId: 'main', createdAt: /Z$/, streams: [{ name: 'tags' }] })
  t.same(made.body.config, {
    access_token: '**********',
    start_date: '2024-01-01T00:00:00Z',
    client_secret: '**********',
    refresh_key: '**********',
  })
  const { streams: _named, ...shown } = made.body
  t.match(await read('main'), { status: 200, body: { ...shown, catalog: { streams: [{ stream: { name: 'tags' } }] } } })

  const replaced = await put('main', { config: { access_token: 'b' }, streams: ['contacts'] })
  t.equal(replaced.status, 200)
  t.same(replaced.body.streams, [{ name: 'contacts', syncMode: 'incremental' }])
  t.equal(replaced.body.createdAt, made.body.createdAt)
  t.same(await call('DELETE', '/v1/connections/main'), { status: 200, body: replaced.body })
  t.match(await read('main'), { status: 404, body: { code: 'connection_not_found' } })
  t.match(await call('DELETE', '/v1/connections/main'), { status: 404, body: { code: 'connection_not_found' } })
  t.notOk(api.logged.join('').includes(secret))
})

t.test('a connection that must be new replaces none, however many are made at once', async (t) => {
  const add = async (connectionId: string, name: string, ifNoneMatch = '*') => {
    const response = await api.fetch(`/v1/connections/${connectionId}?validate=false`, {
      method: 'PUT',
      headers: { 'content-type': 'application/json', 'if-none-match': ifNoneMatch },
      body: JSON.stringify({ config, streams: [name] }),
    })
    return { status: response.status, body: (await response.json()) as ConnectionBody & Problem }
  }
  const names = ['tags', 'contacts', 'teams', 'admins']
  const answers = await Promise.all(names.map((name) => add('once', name)))
  t.same(answers.map(({ status }) => status).toSorted(), [201, 409, 409, 409])
  const made = answers.findIndex(({ status }) => status === 201)
  t.match(answers[(made + 1) % names.length]?.body, { code: 'connection_exists', detail: /once/ })
  const stored = await read('once')
  t.match(stored.body.catalog, { streams: [{ stream: { name: names[made] } }] })
  t.match(await add('once', 'segments'), { status: 409 })
  t.same(await read('once'), stored)
  t.match(await add('other', 'tags', '"etag"'), { status: 400, body: { code: 'invalid_request' } })
  t.equal((await put('once', { config, streams: ['segments'] })).status, 200, 'without the header it is replaced')
  await call('DELETE', '/v1/connections/once')
})

t.test('the answer to a put says what it has changed, a secret included', async (t) => {
  const changeOf = async (body: unknown) => {
    const headers = { 'content-type': 'application/json' }
    const answer = await api.fetch('/v1/connections/told?validate=false', {
      method: 'PUT',
      headers,
      body: JSON.stringify(body),
    })
    return answer.headers.get('connection-change')
  }
  const first = { config: { access_token: 'a', start_date: '2024-01-01T00:00:00Z' }, streams: ['tags'] }
  t.equal(await changeOf(first), 'created')
  t.equal(
    await changeOf({ streams: ['tags'], config: { start_date: '2024-01-01T00:00:00Z', access_token: 'a' } }),
    'unchanged',
  )
  t.equal(await changeOf({ ...first, config: { ...first.config, access_token: 'b' } }), 'changed')
  t.equal(await changeOf({ ...first, streams: ['tags', 'contacts'] }), 'changed')
  t.equal((await call('DELETE', '/v1/connections/told')).status, 200)
  t.equal(await changeOf(first), 'created')
  t.equal((await call('DELETE', '/v1/connections/told')).status, 200)
})

t.test('without its key a connection is listed, its state read, and it is removed', async (t) => {
  await put('lost', { config: { access_token: secret }, streams: ['contacts'] })
  await put('other', { config: { access_token: secret }, streams: ['contacts'] })
  const state = [
    { type: 'STREAM', stream: { stream_descriptor: { name: 'contacts' }, stream_state: { updated_at: 1 } } },
  ]
  t.equal((await call('PUT', '/v1/connections/lost/state', state)).status, 200)
  const record = connectionKey('default', 'lost', 'record')
  const sealed = (await api.store.redis.hget(record, 'settings')) ?? ''
  await api.store.redis.hset(record, 'settings', sealed.replace(/^v1\.[^.]+/, 'v1.gone'))

  const problem = /encryption key "gone"/
  t.match(await read('lost'), { status: 500, body: { code: 'seal_broken', detail: problem } })
  t.match(await call('GET', '/v1/connections'), {
    status: 200,
    body: {
      data: [
        { connectionId: 'lost', problem },
        { connectionId: 'other', config: {}, problem: undefined },
      ],
    },
  })
  t.same(await call('GET', '/v1/connections/lost/state'), { status: 200, body: state })
  t.match(await call('POST', '/v1/jobs', { connectionId: 'lost' }), { status: 500, body: { code: 'seal_broken' } })
  t.equal((await call('DELETE', '/v1/connections/lost/state')).status, 200)
  t.match(await call('DELETE', '/v1/connections/lost'), { status: 200, body: { connectionId: 'lost', problem } })
  t.equal((await read('lost')).status, 404)
  await call('DELETE', '/v1/connections/other')
})

const bad: [what: string, body: object, pointer: string][] = [
  ['no config', {}, '/config'],
  ['no token', { config: {} }, '/config/access_token'],
  ['the mask as token', { config: { access_token: '**********' } }, '/config/access_token'],
  ['an unknown stream', { config, streams: ['contcats'] }, '/streams/0'],
  ['catalog and streams', { config, streams: ['tags'], catalog: { streams: ['tags'] } }, '/streams'],
  ['a schedule of no type', { config, schedule: { cron: '0 * * * *' } }, '/schedule/type'],
  ['a member of nobody', { config, hooks: [] }, '/hooks'],
  ['a state', { config, state: [] }, '/state'],
]
for (const [what, body, pointer] of bad)
  t.test(`a connection with ${what} is refused, naming ${pointer}`, async (t) => {
    const answer = await put('bad', body)
    t.match(answer, { status: 400, body: { code: 'invalid_request', errors: [{ pointer }] } })
    t.equal((await read('bad')).status, 404)
  })

t.test('connections are listed by id, page by page, each once', async (t) => {
  const ids = ['a', 'B', 'b-2', 'c_3', 'z']
  for (const id of ids) await put(id, { config })
  const listed: string[] = []
  let next: string | undefined
  do {
    const path = `/v1/connections?limit=2${next ? `&cursor=${next}` : ''}`
    const page = await call<{ data: ConnectionBody[]; next?: string }>('GET', path)
    t.notOk(JSON.stringify(page.body).includes(secret))
    listed.push(...page.body.data.map(({ connectionId }) => connectionId))
    next = page.body.next
  } while (next)
  t.same(listed, ids.toSorted())
})

t.test('what was sealed for one connection opens for no other', async (t) => {
  await put('own', { config })
  await put('thief', { config: { access_token: 'x' } })
  const { redis } = api.store
  const key = (id: string) => `intercom-sync:{connection:default:${id}}:record`
  await redis.hset(key('thief'), 'settings', (await redis.hget(key('own'), 'settings')) ?? '')
  t.match(await read('thief'), { status: 500, body: { code: 'seal_broken' } })
  await redis.hset(key('thief'), 'settings', 'v1.lost.AAAA')
  t.match(await read('thief'), { status: 500, body: { code: 'seal_broken', detail: /not configured/ } })
})

t.test('a list of large connections comes in pages that are bounded, six of them at once as well', async (t) => {
  const ids = Array.from({ length: 12 }, (_, place) => `large-${10 + place}`)
  const schema = { type: 'object', properties: { long: { description: 'x'.repeat(2_000_000) } } }
  const catalog = configuredCatalog(['contacts'])
  const streams = catalog.streams.map((one) => ({ ...one, stream: { ...one.stream, json_schema: schema } }))
  for (const id of ids) t.equal((await put(id, { config, catalog: { streams } })).status, 201)
  const walk = async () => {
    const found: string[] = []
    let pages = 0
    for (let cursor = ''; ; pages++) {
      const { status, body } = await call<{ data: ConnectionBody[]; next?: string }>(
        'GET',
        `/v1/connections?limit=100${cursor}`,
      )
      // A busy machine refuses a call now and then, as it should.
      if (status === 503) continue
      t.equal(status, 200)
      found.push(...body.data.map(({ connectionId }) => connectionId))
      if (body.next === undefined) return { found, pages }
      cursor = `&cursor=${body.next}`
    }
  }
  for (const { found, pages } of await Promise.all(Array.from({ length: 6 }, walk))) {
    t.same(
      found.filter((id) => id.startsWith('large-')),
      ids,
    )
    t.ok(pages > 1)
  }
})
