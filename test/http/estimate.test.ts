import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import t from 'tap'
import { createAcceleratedClock } from '../support/accelerated-clock.ts'
import { startApp, type TestApp } from '../support/app.ts'
import { collectSync } from '../support/engine.ts'
import { limitedTokens } from '../support/limited-tokens.ts'
import { listenSimulator } from '../support/listening-simulator.ts'
import { startRedis } from '../support/redis.ts'

const server = await startRedis(t)
const intercom = await listenSimulator(t, {
  contacts: 400,
  conversations: 30,
  companies: 20,
  accessTokens: { ...limitedTokens },
})
/** Ten seconds, after which a missing permission is asked about once more, are two. */
const fast = () => createAcceleratedClock(Date.now(), 5)
const api = await startApp(t, server, { intercomBaseUrl: intercom.url, clock: fast() })
const config = { access_token: 'simulator-token' }

interface Estimate {
  streams: {
    streamName: string
    rows?: number
    rowsBasis: string
    requests?: number
    requestsBasis: string
    minutes?: number
    notes: string[]
    problem?: { code: string; detail: string }
  }[]
  total: { rows?: number; rowsBasis: string; requests?: number; requestsBasis: string; minutes?: number }
  rateLimit?: number
  requestsMade: number
}

async function ask(body: object, app: TestApp = api) {
  const response = await app.fetch('/v1/estimate', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  })
  return { status: response.status, body: (await response.json()) as Estimate & { code?: string; detail?: string } }
}

const streamOf = ({ streams }: Estimate, name: string) => streams.find(({ streamName }) => streamName === name)

t.test('a config is estimated, with the rate limit, the time and what the estimate itself took', async (t) => {
  const before = intercom.requests.entries.length
  const { status, body } = await ask({ config, streams: ['contacts', 'tags', 'conversation_parts'] })
  t.equal(status, 200)
  t.equal(body.requestsMade, intercom.requests.entries.length - before)
  t.ok(body.requestsMade <= 10, `${body.requestsMade} requests`)
  t.equal(body.rateLimit, 1666)
  t.match(streamOf(body, 'tags'), { rows: 12, rowsBasis: 'counted', requests: 1, requestsBasis: 'counted' })
  const sum = body.streams.reduce((all, { requests = 0 }) => all + requests, 1)
  t.equal(body.total.requests, sum, 'the streams, and one request for the workspace')
  t.equal(body.total.minutes, Math.ceil((100 * sum) / (6 * 1666)) / 100)
  const limited = await ask({ config: { ...config, api_rate_limit: 60 }, streams: ['tags'] })
  t.equal(limited.body.total.minutes, 0.04, 'two requests at sixty a minute')
})

t.test('the default streams are those of a job, and nothing is asked that changes anything', async (t) => {
  const before = intercom.requests.entries.length
  const { body } = await ask({ config })
  t.equal(body.streams.length, 14)
  const asked = intercom.requests.entries.slice(before)
  t.ok(asked.length <= 40, `${asked.length} requests`)
  t.notOk(asked.some(({ path }) => path === '/companies/scroll'))
})

t.test('a connection is estimated from its acknowledged state, a given state wins', async (t) => {
  const streams = ['contacts']
  const put = await api.fetch('/v1/connections/estimated', {
    method: 'PUT',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ config, streams }),
  })
  t.equal(put.status, 201)
  const first = await ask({ connectionId: 'estimated' })
  t.ok(Number(streamOf(first.body, 'contacts')?.rows) >= 400)
  const { state } = await collectSync({ baseUrl: intercom.url, config, streams })
  const set = await api.fetch('/v1/connections/estimated/state', {
    method: 'PUT',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(state),
  })
  t.equal(set.status, 200)
  t.match((await ask({ connectionId: 'estimated' })).body.total, { rows: 0, rowsBasis: 'counted' })
  t.match((await ask({ config, streams, state })).body.total, { rows: 0, rowsBasis: 'counted' })
  t.match((await ask({ connectionId: 'estimated', streams: ['tags'] })).body.streams, [{ streamName: 'tags' }])
  t.match(await ask({ connectionId: 'nobody' }), { status: 404, body: { code: 'connection_not_found' } })
  t.match(await ask({ connectionId: 'estimated', config }), { status: 400, body: { code: 'invalid_request' } })
  t.match(await ask({ streams }), { status: 400, body: { code: 'invalid_request' } })
  t.match(await ask({ config, streams: ['contact'] }), { status: 400, body: { detail: /did you mean contacts/ } })
})

t.test('a stream without its permission says so and is left out of the total, a bad token is refused', async (t) => {
  const { status, body } = await ask({ config: { access_token: 'token-without-tags' }, streams: ['tags', 'admins'] })
  t.equal(status, 200)
  t.match(streamOf(body, 'tags'), {
    rowsBasis: 'unknown',
    requestsBasis: 'unknown',
    problem: { code: 'scope_missing', detail: /Read tags/ },
  })
  t.notOk('rows' in (streamOf(body, 'tags') ?? {}))
  t.match(body.total, { rows: 5, rowsBasis: 'counted', requests: 2 })
  t.match(await ask({ config: { access_token: 'no-such-token' } }), { status: 400, body: { code: 'token_invalid' } })
})

t.test('an Intercom that gives no usable answer is answered with 503', async (t) => {
  const broken = createServer((_request, response) => response.writeHead(502).end('<html>bad gateway</html>'))
  broken.listen(0, '127.0.0.1')
  await once(broken, 'listening')
  t.teardown(() => broken.close())
  const { port } = broken.address() as AddressInfo
  const app = await startApp(t, server, { intercomBaseUrl: `http://127.0.0.1:${port}`, clock: fast() })
  t.match(await ask({ config }, app), { status: 503, body: { code: 'intercom_unavailable' } })
})
