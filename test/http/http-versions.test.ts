import t from 'tap'
import { startApp } from '../support/app.ts'
import { createDeferred } from '../support/deferred.ts'
import { startDyingApp } from '../support/dying-app.ts'
import { jobKey } from '../support/keys.ts'
import { startRedis } from '../support/redis.ts'
import { callRaw, sendRaw } from './raw-call.ts'

const server = await startRedis(t)
const api = await startApp(t, server)

const live = JSON.stringify({ config: { access_token: 'token-of-a-test' }, streams: ['tags'] })
const asMessages = ['Accept: application/x-ndjson']
const countJobs = () => api.store.redis.keys('*:record').then((keys) => keys.length)

/** More entries than are measured at a time. */
async function longJob(): Promise<number> {
  const jobId = await api.createJob()
  const worker = await api.work(jobId)
  for (let commit = 0; commit < 70; commit++) await worker.commit(1 + (commit % 3))
  await worker.end()
  return jobId
}

t.test('HTTP/1.0 gets the log of an ended job with its exact length, from every offset', async (t) => {
  const jobId = await longJob()
  const path = `/v1/jobs/${jobId}/messages`
  const whole = await (await api.fetch(path)).text()
  const lines = whole.split('\n').slice(0, -1)
  for (const [version, headers] of [
    ['1.0', []],
    // What the client might take otherwise: here a cut could only be seen at the end of the encoding.
    ['1.0', ['Accept-Encoding: gzip, br', 'TE: chunked, trailers']],
  ] as const) {
    for (let after = 0; after <= lines.length; after += version === '1.0' && headers.length > 0 ? 40 : 1) {
      const rest = lines.slice(after).map((line) => `${line}\n`)
      const follow = after % 2 === 0
      const answer = await callRaw(api.port, `GET ${path}?after=${after}&follow=${follow} HTTP/${version}`, {
        headers: [...headers],
      })
      const { status, body } = answer
      t.same(
        { status, length: answer.headers.get('content-length'), body: body.toString() },
        { status: 200, length: String(Buffer.byteLength(rest.join(''))), body: rest.join('') },
        `after ${after}`,
      )
      for (const name of ['transfer-encoding', 'content-encoding', 'trailer']) t.notOk(answer.headers.has(name), name)
    }
  }
})

t.test('without follow, HTTP/1.0 gets what a running job had when the length was told', async (t) => {
  const told = createDeferred()
  const grown = createDeferred()
  let reads = 0
  const growing = await startApp(t, server, {
    keys: api.store.keys,
    wrapMessages: (messages) => ({
      ...messages,
      async read(...range) {
        if (++reads === 2) {
          told.resolve()
          await grown.promise
        }
        return messages.read(...range)
      },
    }),
  })
  const jobId = await growing.createJob()
  const worker = await growing.work(jobId)
  await worker.commit(2)
  const path = `/v1/jobs/${jobId}/messages?follow=false`
  const before = await (await api.fetch(path)).text()
  const answered = callRaw(growing.port, `GET ${path} HTTP/1.0`)
  await told.promise
  await worker.commit(3)
  grown.resolve()
  const answer = await answered
  t.equal(answer.headers.get('content-length'), String(Buffer.byteLength(before)))
  t.equal(answer.body.toString(), before)
})

t.test('a body over HTTP/1.0 that ends as that of a killed process does is shorter than was told', async (t) => {
  const dying = await startDyingApp(t, server, api.store.keys)
  const answered = callRaw(dying.port, `GET /v1/jobs/${await longJob()}/messages HTTP/1.0`)
  await dying.reading
  dying.die()
  const { closed, headers, body } = await answered
  t.equal(closed, 'end')
  t.ok(body.length > 0)
  t.ok(body.length < Number(headers.get('content-length')))
})

t.test('following over HTTP/1.0 is refused, and nothing is made for it', async (t) => {
  const running = await api.createJob()
  await (await api.work(running)).commit(1)
  const before = await countJobs()
  for (const [line, options] of [
    [`GET /v1/jobs/${running}/messages HTTP/1.0`, {}],
    [`GET /v1/jobs/${running}/messages?follow=true HTTP/1.0`, { headers: ['TE: chunked'] }],
    ['POST /v1/jobs HTTP/1.0', { headers: asMessages, body: live }],
    ['POST /v1/jobs?detach=true HTTP/1.0', { headers: asMessages, body: live }],
  ] as const) {
    const { status, headers, body } = await callRaw(api.port, line, {
      ...options,
      headers: [...('headers' in options ? options.headers : [])],
    })
    t.equal(status, 426, line)
    t.equal(headers.get('upgrade'), 'HTTP/1.1')
    t.match(headers.get('connection'), 'upgrade')
    t.match(JSON.parse(body.toString()), { code: 'http_version_too_old', detail: /proxy_http_version 1\.1;/ })
  }
  t.equal(await countJobs(), before)
})

t.test('everything else answers HTTP/1.0 with a length', async (t) => {
  const jobId = await longJob()
  const calls = [
    'GET /',
    'GET /health/live',
    'GET /health/ready',
    'GET /metrics',
    'GET /openapi.json',
    'GET /docs/',
    'GET /docs/static/swagger-ui.css',
    `GET /v1/jobs/${jobId}?wait=1`,
    `GET /v1/jobs/${jobId}/state`,
    'GET /v1/jobs',
    'GET /nowhere',
    `GET /v1/jobs/${jobId}/messages?after=100000`,
  ]
  for (const call of calls) {
    const { headers, body } = await callRaw(api.port, `${call} HTTP/1.0`, { headers: ['Accept-Encoding: gzip'] })
    t.equal(headers.get('content-length'), String(body.length), call)
    t.notOk(headers.has('transfer-encoding'), call)
    t.notOk(headers.has('content-encoding'), call)
  }
  const { status, headers, body } = await callRaw(api.port, 'POST /v1/jobs HTTP/1.0', { headers: [], body: live })
  t.equal(status, 202)
  t.equal(headers.get('content-length'), String(body.length))
})

t.test('a log that is gone by the time its length is asked for is gone, not empty', async (t) => {
  const jobId = await longJob()
  const losing = await startApp(t, server, {
    keys: api.store.keys,
    wrapMessages: (messages) => ({
      ...messages,
      async read(...range) {
        const page = await messages.read(...range)
        await api.store.redis.del(jobKey(jobId, 'dataKey'))
        return page
      },
    }),
  })
  const { status, body } = await callRaw(losing.port, `GET /v1/jobs/${jobId}/messages HTTP/1.0`)
  t.equal(status, 410)
  t.match(JSON.parse(body.toString()), { code: 'log_gone' })
})

t.test('a request names its host once', async (t) => {
  for (const [hosts, version, status] of [
    [['Host: a', 'Host: b'], '1.1', 400],
    [['Host: a', 'host: a'], '1.1', 400],
    [['Host: a', 'Host: b'], '1.0', 400],
    [[], '1.1', 400],
    [[], '1.0', 200],
    [['Host: localhost'], '1.1', 200],
    [['hOST: localhost'], '1.0', 200],
  ] as const) {
    for (const path of ['/health/live', '/openapi.json', '/docs/', '/metrics']) {
      const request = [`GET ${path} HTTP/${version}`, ...hosts, 'Connection: close', '', ''].join('\r\n')
      const answer = await sendRaw(api.port, request)
      t.equal(answer.status, status, `${path} HTTP/${version} ${hosts.join(', ')}`)
      if (status !== 400) continue
      t.equal(answer.headers.get('content-type'), 'application/problem+json')
      t.match(JSON.parse(answer.body.toString()), { code: 'invalid_request', errors: [{ pointer: 'host' }] })
    }
  }
})
