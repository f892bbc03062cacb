import fc from 'fast-check'
import t, { type Test } from 'tap'
import { createWrongKeys } from '../../src/http/callers/wrong-keys.ts'
import { createMetrics } from '../../src/metrics.ts'
import { digestKey } from '../../src/store/secrets/api-key.ts'
import { startApp } from '../support/app.ts'
import { createManualClock } from '../support/manual-clock.ts'
import { scrape } from '../support/metrics.ts'
import { startRedis } from '../support/redis.ts'

const server = await startRedis(t)
const rightKey = 'right-key-of-acme'
const apiKeys = [{ tenant: 'acme', digest: digestKey(rightKey) }]

async function startKeyedApp(t: Test, trustProxy: string[] = []) {
  const clock = createManualClock()
  const limits = { requestsPerMinute: 1_000_000 }
  const api = await startApp(t, server, { apiKeys, clock, limits, metrics: createMetrics(), front: { trustProxy } })
  const call = async (key: string, from?: string) => {
    const headers = { authorization: `Bearer ${key}`, ...(from !== undefined && { 'x-forwarded-for': from }) }
    const response = await api.fetch('/v1/spec', { headers })
    await response.arrayBuffer()
    return response
  }
  const tryKeys = async (times: number, from?: string) => {
    const statuses: number[] = []
    for (let at = 0; at < times; at++) statuses.push((await call(`wrong-${at}`, from)).status)
    return statuses
  }
  return { api, clock, call, tryKeys }
}

const count = (statuses: number[], status: number) => statuses.filter((one) => one === status).length

t.test('who tries keys is slowed to one a second; a right key passes at once, from the same address too', async (t) => {
  const { api, clock, call, tryKeys } = await startKeyedApp(t)
  const first = await tryKeys(80)
  t.same([count(first, 401), count(first, 429)], [60, 20])
  const slowed = await call('wrong')
  t.equal(slowed.status, 429)
  t.equal(slowed.headers.get('retry-after'), '1')
  t.equal((await call(rightKey)).status, 200)
  clock.advance(5000)
  const later = await tryKeys(8)
  t.same(later, [401, 401, 401, 401, 401, 429, 429, 429])
  t.equal((await call(rightKey)).status, 200)
  clock.advance(3_600_000)
  t.equal(count(await tryKeys(61), 401), 60, 'an hour gives no more at once than the first minute')
  const figures = await scrape(api.url)
  t.equal(figures.get('intercom_sync_wrong_api_keys_total{answer="401"}'), 125)
  t.equal(figures.get('intercom_sync_wrong_api_keys_total{answer="429"}'), 25)
})

t.test('a key that is missing, or right, is not counted', async (t) => {
  const { api, call } = await startKeyedApp(t)
  for (let times = 0; times < 70; times++) {
    t.equal((await api.fetch('/v1/spec')).status, 401)
    t.equal((await call(rightKey)).status, 200)
  }
  t.equal((await call('wrong')).status, 401)
})

t.test('addresses are told apart as the proxies say that are trusted, and IPv6 by /64', async (t) => {
  const { tryKeys } = await startKeyedApp(t, ['loopback'])
  t.equal(count(await tryKeys(70, '203.0.113.1'), 429), 10)
  t.equal(count(await tryKeys(1, '203.0.113.2'), 429), 0)
  t.equal(count(await tryKeys(1, '9.9.9.9, 203.0.113.1'), 429), 1, 'what a caller writes before it counts for nothing')
  t.equal(count(await tryKeys(1, '203.0.113.1, 127.0.0.1'), 429), 1, 'a second proxy')
  const neighbours = Array.from({ length: 70 }, (_, at) => `2001:db8:0:1::${at.toString(16)}`)
  const statuses: number[] = []
  for (const address of neighbours) statuses.push(...(await tryKeys(1, address)))
  t.equal(count(statuses, 429), 10)
  t.equal(count(await tryKeys(1, '2001:db8:0:2::1'), 429), 0)
})

t.test('without a trusted proxy nobody chooses an address', async (t) => {
  const { tryKeys } = await startKeyedApp(t)
  const statuses: number[] = []
  for (let at = 0; at < 70; at++) statuses.push(...(await tryKeys(1, `203.0.113.${at}`)))
  t.equal(count(statuses, 429), 10)
})

t.test('of any order of tries, an address has no more than its rate, and an early wait is told in full', async () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 0, max: 4000 }), { maxLength: 60 }), (pauses) => {
      const clock = createManualClock()
      const keys = createWrongKeys(clock, { atOnce: 3, everyMs: 1000 })
      let answered = 0
      for (const pause of pauses) {
        clock.advance(pause)
        const wait = keys.count('192.0.2.1')
        if (wait === 0) answered++
        else if (wait < 1 || !Number.isInteger(wait)) throw new Error(`a wait of ${wait}`)
        if (answered > 3 + clock.monotonic() / 1000) throw new Error('too many')
      }
      const wait = keys.count('192.0.2.1')
      clock.advance(wait * 1000)
      return wait === 0 || keys.count('192.0.2.1') === 0
    }),
  )
})

t.test('only so many addresses are remembered, those that came last', async (t) => {
  const keys = createWrongKeys(createManualClock(), { atOnce: 1, addresses: 100 })
  t.equal(keys.count('10.0.0.0'), 0)
  for (let at = 1; at < 100; at++) t.equal(keys.count(`10.0.0.${at}`), 0)
  t.equal(keys.count('10.0.0.0'), 1, 'a hundred are remembered')
  t.equal(keys.count('10.0.1.0'), 0)
  t.equal(keys.count('10.0.0.0'), 0, 'the first one is forgotten')
  t.equal(keys.count('10.0.1.0'), 1)
})

t.test('a key in the URL is refused with the way to send it, and no value of a query is logged', async (t) => {
  const { api } = await startKeyedApp(t)
  const secret = 'secret-that-somebody-typed'
  for (const name of ['access_token', 'api_key', 'token']) {
    const response = await api.fetch(`/v1/jobs?${name}=${rightKey}`)
    t.equal(response.status, 401)
    const problem = (await response.json()) as { code: string; detail: string }
    t.match(problem, { code: 'unauthorized', detail: /Authorization: Bearer <key>.*not as .* in the URL/ })
    t.notMatch(JSON.stringify(problem), rightKey)
  }
  const authorized = { headers: { authorization: `Bearer ${rightKey}` } }
  for (const path of [
    `/v1/jobs?limit=2&access_token=${secret}`,
    `/v1/jobs?${secret}=1`,
    `/v1/jobs?${secret}`,
    `/v1/jobs?limit=${secret}`,
    `/%zz?access_token=${secret}`,
    `/docs?${secret}`,
    `/health/live?token=${secret}`,
    `/nowhere?cursor=${secret}`,
    `/v1/jobs%3Faccess_token=${secret}`,
    `/v1/jobs%23${secret}`,
    `/v1/jobs;token=${secret}`,
    `//user:${secret}@localhost/v1/jobs`,
    `/v1/jobs/999999999/messages?epoch=${secret}`,
  ]) {
    await (await api.fetch(path, authorized)).text()
  }
  const log = api.logged.join('')
  t.notMatch(log, secret)
  t.notMatch(log, rightKey)
  const lines = api.logged.map((line) => JSON.parse(line) as { path?: string; parameters?: string[] })
  const jobs = lines.filter(({ path }) => path === '/v1/jobs').map(({ parameters }) => parameters)
  t.match(jobs[3], ['limit', 'access_token'], 'names of parameters are logged')
  t.match(jobs[4], ['(other)'], 'of those that a call has')
})
