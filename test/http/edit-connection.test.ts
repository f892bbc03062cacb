import t from 'tap'
import type { ConnectionBody } from '../../src/http/bodies/connection-schemas.ts'
import type { Problem } from '../../src/http/requests/problem.ts'
import { startApp } from '../support/app.ts'
import { connectionKey } from '../support/keys.ts'
import { startRedis } from '../support/redis.ts'

const server = await startRedis(t)
const api = await startApp(t, server)

const mask = '**********'

const call = async (method: string, path: string, body?: unknown) => {
  // Nobody is there who could be asked for a token.
  const unchecked = method === 'PUT' ? `${path.includes('?') ? '&' : '?'}validate=false` : ''
  const response = await api.fetch(`/v1/connections${path}${unchecked}`, {
    method,
    ...(body !== undefined && { headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }),
  })
  const text = await response.text()
  return { status: response.status, length: text.length, body: JSON.parse(text) as ConnectionBody & Problem }
}
const read = async (id: string) => (await call('GET', `/${id}`)).body
const settingsWith = (access_token: string) => ({ config: { access_token }, catalog: { streams: [] } })
const configOf = async (id: string) => (await api.store.connections.read('default', id)).settings?.config

t.test('what GET of a connection gave can be put back as it is, and edited', async (t) => {
  const config = {
    access_token: 'first-token',
    start_date: '2024-01-01T00:00:00Z',
    client_secret: 's',
    refresh_key: 'r',
    // The version that has all streams.
    api_version: '2.17',
  }
  const discovered = await (await api.fetch('/v1/discover', { method: 'POST' })).json()
  const { catalog } = discovered as { catalog: { streams: { name: string }[] } }
  const streams = catalog.streams.map((stream) => ({
    stream,
    // `tags` cannot do it: that it was asked for stays, too.
    sync_mode: 'incremental',
    destination_sync_mode: 'append_dedup',
    primary_key: [['id']],
  }))
  t.equal((await call('PUT', '/whole', { config, catalog: { streams } })).status, 201)
  const before = await read('whole')
  const { settings } = await api.store.connections.read('default', 'whole')

  t.equal((await call('PUT', '/whole', before)).status, 200)
  t.same(await read('whole'), { ...before, lastUpdatedAt: (await read('whole')).lastUpdatedAt })
  t.same((await api.store.connections.read('default', 'whole')).settings, settings, 'secrets and catalog are the same')

  const edited = { ...before, config: { ...before.config, start_date: '2025-01-01T00:00:00Z', client_secret: 'new' } }
  t.equal((await call('PUT', '/whole', edited)).status, 200)
  t.same(await configOf('whole'), { ...config, start_date: '2025-01-01T00:00:00Z', client_secret: 'new' })
})

t.test('the answers to PUT and DELETE, and lists, name the streams; include=catalog gives the whole', async (t) => {
  const config = { access_token: 'b' }
  const streams = [
    { name: 'contacts', syncMode: 'incremental' },
    { name: 'tags', syncMode: 'full_refresh' },
  ]
  const made = await call('PUT', '/short', { config, streams: ['contacts', 'tags'] })
  t.match(made, { status: 201, body: { config: { access_token: mask }, streams, catalog: undefined } })
  t.ok(made.length < 500, 'what a person reads in a terminal')
  const whole = await call('PUT', '/short?include=catalog', { config, streams: ['contacts', 'tags'] })
  const { warnings, ...wholeBody } = whole.body
  t.same(wholeBody, await read('short'))
  t.ok(warnings, 'only the answer to PUT has them')
  t.notOk('streams' in whole.body, 'which would not be taken beside a catalog')

  const lists = async (query: string) => {
    const { body } = await call('GET', query)
    const { data } = body as unknown as { data: ConnectionBody[] }
    return data.find(({ connectionId }) => connectionId === 'short')
  }
  const { lastUpdatedAt } = whole.body
  const { warnings: _, ...short } = made.body
  t.same(await lists(''), { ...short, lastUpdatedAt })
  t.same(await lists('?include=catalog'), wholeBody)
  t.equal((await call('PUT', '/short', made.body)).status, 200, 'a short answer can be put, too')
  t.match((await call('GET', '?include=schemas')).body, { code: 'invalid_request', errors: [{ pointer: 'include' }] })
  t.match((await call('DELETE', '/short')).body, { streams, catalog: undefined })
})

t.test('a mask that stands for nothing is refused, naming it', async (t) => {
  await call('PUT', '/few', { config: { access_token: 'c' } })
  const before = await configOf('few')
  for (const [id, config, pointers] of [
    ['few', { access_token: mask, client_secret: mask, 'a/b': mask }, ['/config/client_secret', '/config/a~1b']],
    ['none', { access_token: mask }, ['/config/access_token']],
  ] as const) {
    const { status, body } = await call('PUT', `/${id}`, { config })
    t.match({ status, body }, { status: 400, body: { code: 'invalid_request' } })
    t.same(
      body.errors?.map(({ pointer }) => pointer),
      pointers,
    )
  }
  t.same(await configOf('few'), before)
  t.equal((await call('GET', '/none')).status, 404)
})

t.test('no job, check or discovery begins with a mask for a token', async (t) => {
  for (const path of ['jobs', 'check', 'discover']) {
    const answer = await api.fetch(`/v1/${path}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ config: { access_token: mask } }),
    })
    t.equal(answer.status, 400, path)
    t.match(await answer.json(), { code: 'invalid_request', errors: [{ pointer: '/config/access_token' }] })
  }
})

t.test('what is put somewhere else than where it was read is refused', async (t) => {
  await call('PUT', '/one', { config: { access_token: 'd' } })
  const { status, body } = await call('PUT', '/other', await read('one'))
  t.match({ status, body }, { status: 400, body: { errors: [{ pointer: '/connectionId' }] } })
})

t.test('a mask never brings back a secret that is replaced meanwhile', async (t) => {
  const { connections } = api.store
  await connections.put('default', 'raced', settingsWith('old-token'))
  const seen: unknown[] = []
  let replacing: Promise<unknown> | undefined
  await connections.change('default', 'raced', async (stored) => {
    const token = stored?.settings?.config.access_token ?? ''
    seen.push(token)
    // It is sent on the same connection, and so arrives before what this makes.
    replacing ??= connections.put('default', 'raced', settingsWith('new-token'))
    return { settings: settingsWith(token) }
  })
  await replacing
  t.same(seen, ['old-token', 'new-token'])
  t.same(await configOf('raced'), { access_token: 'new-token' })
})

t.test('a mask cannot be filled in without the key that sealed the secret', async (t) => {
  await call('PUT', '/lost', { config: { access_token: 'e' } })
  const record = connectionKey('default', 'lost', 'record')
  const sealed = (await api.store.redis.hget(record, 'settings')) ?? ''
  await api.store.redis.hset(record, 'settings', sealed.replace(/^v1\.[^.]+/, 'v1.gone'))
  const kept = await call('PUT', '/lost', { config: { access_token: mask } })
  t.match(kept, { status: 500, body: { code: 'seal_broken' } })
  t.equal((await call('PUT', '/lost', { config: { access_token: 'f' } })).status, 200)
})
