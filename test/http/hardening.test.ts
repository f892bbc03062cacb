import { once } from 'node:events'
import { connect } from 'node:net'
import Fastify from 'fastify'
import t from 'tap'
import { defaultLimits } from '../../src/http/dependencies.ts'
import { addHardening } from '../../src/http/service/hardening.ts'
import { digestKey } from '../../src/store/secrets/api-key.ts'
import { startApp } from '../support/app.ts'
import { createDeferred } from '../support/deferred.ts'
import { startRedis } from '../support/redis.ts'

const server = await startRedis(t)

t.test(
  'a tenant that calls too often is told when to come back; others and message streams are not held up',
  async (t) => {
    const api = await startApp(t, server, {
      limits: { requestsPerMinute: 5 },
      apiKeys: [
        { tenant: 'acme', digest: digestKey('a') },
        { tenant: 'other', digest: digestKey('o') },
      ],
    })
    const jobId = await api.createJob({ tenant: 'acme' })
    const call = (path: string, key: string) => api.fetch(path, { headers: { authorization: `Bearer ${key}` } })
    const statuses: number[] = []
    for (let calls = 0; calls < 6; calls++) statuses.push((await call(`/v1/jobs/${jobId}`, 'a')).status)
    t.same(statuses, [200, 200, 200, 200, 200, 429])
    const refused = await call(`/v1/jobs/${jobId}`, 'a')
    t.match(await refused.json(), { code: 'too_many_requests', status: 429 })
    t.ok(Number(refused.headers.get('retry-after')) > 0)
    t.equal((await call(`/v1/jobs/${jobId}`, 'o')).status, 404)
    t.equal((await call(`/v1/jobs/${jobId}/messages?follow=false`, 'a')).status, 200)
    t.equal((await api.fetch('/health/live')).status, 200)
  },
)

t.test('every answer carries headers that keep browsers from misusing it', async (t) => {
  const api = await startApp(t, server)
  const jobId = await api.createJob()
  for (const path of [`/v1/jobs/${jobId}`, `/v1/jobs/${jobId}/messages?follow=false`, '/v1/jobs/999', '/nowhere']) {
    const { headers } = await api.fetch(path)
    t.equal(headers.get('x-content-type-options'), 'nosniff', path)
    t.match(headers.get('content-security-policy'), "default-src 'none'", path)
    t.equal(headers.get('access-control-allow-origin'), null, path)
  }
  const page = await api.fetch('/docs/')
  t.match(page.headers.get('content-security-policy'), "script-src 'self'")
})

t.test('a process that cannot keep up refuses calls, but says that it is live', async (t) => {
  const api = await startApp(t, server, { limits: { eventLoopDelayMs: 1 } })
  const jobId = await api.createJob()
  const busyUntil = performance.now() + 1500
  while (performance.now() < busyUntil) {
    // Nothing else runs meanwhile: that is the delay.
  }
  let response = await api.fetch(`/v1/jobs/${jobId}`)
  while (response.status === 200) response = await api.fetch(`/v1/jobs/${jobId}`)
  t.equal(response.status, 503)
  t.equal(response.headers.get('retry-after'), '5')
  t.match(await response.json(), { code: 'overloaded' })
  t.equal((await api.fetch('/health/live')).status, 200)
})

t.test('a process whose start has taken long answers at once', async (t) => {
  const app = Fastify()
  t.teardown(() => app.close())
  await addHardening(app, { ...defaultLimits, eventLoopDelayMs: 60_000 })
  app.get('/', async () => 'here')
  const busyUntil = performance.now() + 1200
  while (performance.now() < busyUntil) {
    // The first measurement of the delay is due, and there has been no time to make one.
  }
  await new Promise((resolve) => setTimeout(resolve, 0))
  t.equal((await app.inject('/')).statusCode, 200)
})

t.test('closing does not wait for connections that have sent no request, or half of one', async (t) => {
  const api = await startApp(t, server)
  for (const bytes of ['', 'GET /v1/jobs/1 HT']) {
    const accepted = once(api.app.server, 'connection')
    const socket = connect(api.port, '127.0.0.1').on('error', () => undefined)
    socket.write(bytes)
    await accepted
  }
  t.equal((await api.fetch('/health/live')).status, 200)
  await api.app.close()
})

t.test('closing does not wait for a client that keeps its connection after the answer', async (t) => {
  const asked = createDeferred()
  const answer = createDeferred()
  const ready = () => {
    asked.resolve()
    return answer.promise
  }
  const api = await startApp(t, server, { ready })
  const answered = api.fetch('/health/ready')
  await asked.promise
  const closed = api.app.close()
  while (api.app.server.listening) await new Promise(setImmediate)
  answer.resolve()
  t.equal((await answered).status, 200)
  await closed
})
