import t from 'tap'
import { listenSimulator } from '../support/listening-simulator.ts'
import { createManualClock } from '../support/manual-clock.ts'

const start = Date.UTC(2025, 4, 1, 12, 0, 3)
const limitHeaders = ['x-ratelimit-limit', 'x-ratelimit-remaining', 'x-ratelimit-reset']

async function errorOf(response: Response): Promise<{ status: number; type: string; code: string; message: string }> {
  const body = (await response.json()) as { type: string; errors: { code: string; message: string }[] }
  return { status: response.status, type: body.type, code: '', message: '', ...body.errors[0] }
}

t.test('/me tells the workspace, its time zone and region', async (t) => {
  const { ask } = await listenSimulator(t, { seed: 7, timezone: 'Asia/Tokyo', region: 'Europe' })
  t.match(await (await ask('/me')).json(), { app: { id_code: 'sim7', timezone: 'Asia/Tokyo', region: 'Europe' } })
  const { ask: askHidden } = await listenSimulator(t, { hideTimezone: true })
  t.match(await errorOf(await askHidden('/me')), { status: 403, type: 'error.list', code: 'forbidden' })
  t.equal((await askHidden('/tags')).status, 200)
})

t.test('/tags and /admins give everything in one answer', async (t) => {
  const { ask } = await listenSimulator(t, { tags: 5 })
  const tags = (await (await ask('/tags')).json()) as { data: { id: unknown; name: string }[] }
  t.same(
    tags.data.map(({ id }) => id),
    ['102', 103, '104', '105', '106'],
    'one id comes as a number',
  )
  t.match(await (await ask('/admins')).json(), { type: 'admin.list', admins: [{ type: 'admin' }] })
})

t.test('a contact carries every member of the documented example', async (t) => {
  const { search } = await listenSimulator(t, { contacts: 3, oddities: false })
  const { data } = await search({ query: { field: 'role', operator: '!=', value: 'x' } })
  t.equal(Object.keys(data[0] ?? {}).length, 53)
  t.match(data[0], {
    type: 'contact',
    id: /^[0-9a-f]{24}$/,
    updated_at: Number,
    tags: { type: 'list', has_more: Boolean },
  })
})

t.test('without a valid token nothing is served, and no limit is told', async (t) => {
  const { ask } = await listenSimulator(t)
  for (const token of [null, 'wrong', 'constructor']) {
    const response = await ask('/tags', { token })
    t.same(
      limitHeaders.map((name) => response.headers.get(name)),
      [null, null, null],
    )
    t.match(await errorOf(response), { status: 401, code: 'unauthorized', message: 'Access Token Invalid' })
  }
})

t.test('a token without the scope is refused at that endpoint only', async (t) => {
  const accessTokens = { narrow: ['read_tags'] }
  const { ask } = await listenSimulator(t, { accessTokens })
  t.match(await errorOf(await ask('/tags', { token: 'narrow' })), {
    status: 403,
    code: 'forbidden',
    message: 'read_tags',
  })
  t.equal((await ask('/me', { token: 'narrow' })).status, 200)
  const { ask: askOther } = await listenSimulator(t, { accessTokens, missingScopeStatus: 401 })
  t.match(await errorOf(await askOther('/tags', { token: 'narrow' })), { status: 401, code: 'unauthorized' })
})

t.test('what is not served is not found', async (t) => {
  const { ask } = await listenSimulator(t)
  t.match(await errorOf(await ask('/tickets')), { status: 404, type: 'error.list' })
  t.match(await errorOf(await ask('/tags', { body: {} })), { status: 404 }, 'nor is a wrong method')
})

t.test('a body that is no JSON gets the other envelope', async (t) => {
  const { url } = await listenSimulator(t)
  const headers = { authorization: 'Bearer simulator-token', 'content-type': 'application/json' }
  const response = await fetch(`${url}/contacts/search`, { method: 'POST', headers, body: '{"query":' })
  t.match(await response.json(), { status: 400, error: String })
})

t.test('the limit counts per token and ten-second window of the clock', async (t) => {
  const clock = createManualClock(start)
  const accessTokens = { one: [], two: [] }
  const { ask } = await listenSimulator(t, { clock, accessTokens, rateLimitPerWindow: 3 })
  const told = async (token: string): Promise<unknown[]> => {
    const { status, headers } = await ask('/tags', { token })
    return [status, ...limitHeaders.map((name) => Number(headers.get(name)))]
  }
  const reset = Date.UTC(2025, 4, 1, 12, 0, 10) / 1000
  t.same(await told('one'), [200, 3, 2, reset])
  t.same(await told('one'), [200, 3, 1, reset])
  t.same(await told('one'), [200, 3, 0, reset])
  t.same(await told('one'), [429, 3, 0, reset])
  t.same(await told('two'), [200, 3, 2, reset])
  const refused = await errorOf(await ask('/me', { token: 'one' }))
  t.match(refused, { code: 'rate_limit_exceeded', message: 'Exceeded rate limit of 3 in 10_seconds' })
  clock.advance(6_999)
  t.equal((await told('one'))[0], 429, 'one millisecond before the window ends')
  clock.advance(1)
  t.same(await told('one'), [200, 3, 2, reset + 10])
})

t.test('the Date header is the clock, on every kind of response', async (t) => {
  const clock = createManualClock(start)
  const { ask } = await listenSimulator(t, { clock })
  for (const [path, token] of [
    ['/tags', 'simulator-token'],
    ['/nothing', 'simulator-token'],
    ['/tags', 'wrong'],
    ['/_simulator/health', null],
  ] as const) {
    t.equal((await ask(path, { token })).headers.get('date'), 'Thu, 01 May 2025 12:00:03 GMT')
  }
})

t.test('equal seeds give equal bytes, other seeds other contacts', async (t) => {
  const body = { query: { field: 'updated_at', operator: '>', value: 0 }, pagination: { per_page: 150 } }
  const bytes = async (seed: number, mutate = false): Promise<string> => {
    const { ask, workspace } = await listenSimulator(t, { seed, contacts: 100, clock: createManualClock(start) })
    if (mutate) workspace.mutate({ kind: 'update', count: 10 })
    if (mutate) workspace.mutate({ kind: 'create', count: 10 })
    return (await ask('/contacts/search', { body, version: '2.17' })).text()
  }
  const once = await bytes(3)
  t.ok(once === (await bytes(3)))
  t.notOk(once === (await bytes(4)))
  const mutated = await bytes(3, true)
  t.ok(mutated === (await bytes(3, true)))
  t.notOk(mutated === once)
})

t.test('requests are logged without tokens', async (t) => {
  const { ask, search, requests } = await listenSimulator(t, { contacts: 10, oddities: false })
  await search({ query: { field: 'updated_at', operator: '>', value: 0 } }, '2.16')
  await ask('/tags', { token: 'wrong-secret' })
  t.match(requests.entries, [
    { method: 'POST', path: '/contacts/search', askedVersion: '2.16', version: '2.16', status: 200, records: 10 },
    { method: 'GET', path: '/tags', askedVersion: null, status: 401, records: 0 },
  ])
  const served = await (await ask('/_simulator/requests', { token: null })).text()
  t.match(JSON.parse(served), { totals: { requests: 2, records: 10, byStatus: { 200: 1, 401: 1 } } })
  t.notOk(/wrong-secret|simulator-token/.test(served))
})

t.test('a thousand pages a minute are the least it serves', async (t) => {
  const { walk } = await listenSimulator(t, { contacts: 6_000, rateLimitPerWindow: 1e6 })
  const query = { field: 'updated_at', operator: '>', value: 0 }
  const began = performance.now()
  const ids = await walk({ query, sort: { field: 'updated_at', order: 'ascending' } })
  t.ok(ids.length >= 6_000)
  t.ok(performance.now() - began < 5_000)
})
