import { randomBytes } from 'node:crypto'
import t from 'tap'
import { lookForSpace } from '../../src/store/space/space-keeper.ts'
import { startApp } from '../support/app.ts'
import { onRealRedis, startRedis } from '../support/redis.ts'
import { beginAttempt, commitOf, commitTo } from '../support/store.ts'

const server = await startRedis(t)
const config = { access_token: 'token-of-a-test' }

t.test('with no room for another log no job is made, and all else is served', onRealRedis, async (t) => {
  const api = await startApp(t, server)
  const send = (method: string, path: string, body: object, headers: object = {}) =>
    api.fetch(path, {
      method,
      headers: { 'content-type': 'application/json', ...headers },
      body: JSON.stringify(body),
    })
  t.equal((await send('PUT', '/v1/connections/acme?validate=false', { config, streams: ['contacts'] })).status, 201)

  const jobId = await api.createJob()
  const attempt = await beginAttempt(api.store, { jobId, fence: 1, attemptId: 'a' })
  // Random text, which no compression makes small.
  const line = `{"type":"RECORD","data":"${randomBytes(200_000).toString('base64')}"}\n`
  await commitTo(api.store, attempt, '1-1', {
    ...commitOf(1, 1),
    body: Buffer.from(line),
    messageCount: 1,
    checkpoints: [],
  })
  await api.store.attempts.end(jobId, 1, { status: 'succeeded' })
  const look = () =>
    lookForSpace({
      redis: api.store.redis,
      totalBytes: 150_000,
      isTotalSet: true,
      mover: { canMove: () => false, moveEnded: async () => 0, shareWindow: () => undefined },
    })
  await look()

  const jobs = () => api.store.redis.keys('intercom-sync:{job:*}:record')
  const before = await jobs()
  const calls: [path: string, body: object, headers?: object][] = [
    ['/v1/jobs', { config, streams: ['tags'] }, { 'idempotency-key': 'once' }],
    ['/v1/jobs', { config, streams: ['tags'] }, { accept: 'application/x-ndjson' }],
    ['/v1/jobs', { connectionId: 'acme' }],
    ['/v1/connections/acme/refresh', { streams: ['contacts'], since: '2026-01-01T00:00:00Z' }],
  ]
  for (const [path, body, headers] of calls) {
    const response = await send('POST', path, body, headers)
    t.equal(response.status, 507, path)
    t.equal(response.headers.get('content-type'), 'application/problem+json')
    t.match(await response.json(), { code: 'storage_full', detail: /acknowledge .* LOG_TOTAL_BYTES/ })
  }
  t.same(await jobs(), before)
  t.equal((await api.fetch('/health/ready')).status, 200)
  const messages = await (await api.fetch(`/v1/jobs/${jobId}/messages`)).text()
  t.ok(messages.startsWith(line), 'nothing that no client has acknowledged has given way')

  const offset = messages.trimEnd().split('\n').length
  t.equal((await send('POST', `/v1/jobs/${jobId}/ack`, { offset })).status, 200)
  await look()
  for (const [path, body, headers] of calls.slice(0, 1)) t.equal((await send('POST', path, body, headers)).status, 202)
  t.equal(
    (await send('POST', '/v1/connections/acme/refresh', { streams: ['contacts'], since: '2026-01-01T00:00:00Z' }))
      .status,
    202,
  )
})
