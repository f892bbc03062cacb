import t from 'tap'
import type { Problem } from '../../src/http/requests/problem.ts'
import { digestKey } from '../../src/store/secrets/api-key.ts'
import { startApp } from '../support/app.ts'
import { startRedis } from '../support/redis.ts'
import { syncRequest } from '../support/store.ts'

const server = await startRedis(t)
const keys = { acme: 'key-of-acme', spare: 'second-key-of-acme', other: 'key-of-other' }
const api = await startApp(t, server, {
  apiKeys: [
    { tenant: 'acme', digest: digestKey(keys.acme) },
    { tenant: 'acme', digest: digestKey(keys.spare) },
    { tenant: 'other', digest: digestKey(keys.other) },
  ],
})
const open = await startApp(t, server)

const bearer = (key: string) => ({ headers: { authorization: `Bearer ${key}` } })

const calls: [method: string, path: (jobId: number) => string][] = [
  ['GET', (jobId) => `/v1/jobs/${jobId}`],
  ['GET', (jobId) => `/v1/jobs/${jobId}?wait=1`],
  ['GET', (jobId) => `/v1/jobs/${jobId}/messages`],
  ['GET', (jobId) => `/v1/jobs/${jobId}/messages?after=99&follow=false&epoch=x`],
  ['GET', (jobId) => `/v1/jobs/${jobId}/records?stream=contacts`],
  ['GET', (jobId) => `/v1/jobs/${jobId}/state`],
  ['GET', (jobId) => `/v1/jobs/${jobId}/state?at=99`],
  ['DELETE', (jobId) => `/v1/jobs/${jobId}`],
]

const connectionCalls: [method: string, path: (connectionId: string) => string][] = [
  ['GET', (connectionId) => `/v1/connections/${connectionId}`],
  ['DELETE', (connectionId) => `/v1/connections/${connectionId}`],
  ['GET', (connectionId) => `/v1/connections/${connectionId}/state`],
  ['DELETE', (connectionId) => `/v1/connections/${connectionId}/state?stream=tags`],
]

for (const [what, authorization] of [
  ['no key', undefined],
  ['an unknown key', 'Bearer key-of-nobody'],
  ['an empty key', 'Bearer '],
  ['another scheme', `Basic ${keys.acme}`],
  ['a key cut short', `Bearer ${keys.acme.slice(0, -1)}`],
  ['two keys', `Bearer ${keys.acme} ${keys.other}`],
] as const) {
  t.test(`every call under /v1 with ${what} is refused`, async (t) => {
    const jobId = await api.createJob({ tenant: 'acme' })
    const all = [
      ...calls.map(([method, path]) => [method, path(jobId)] as const),
      ...connectionCalls.map(([method, path]) => [method, path('main')] as const),
      ['POST', '/v1/jobs'],
      ['GET', '/v1/jobs'],
      ['GET', '/v1/connections'],
      ['PUT', '/v1/connections/main'],
      ['PUT', '/v1/connections/main/state'],
      ['POST', `/v1/jobs/${jobId}/ack`],
    ] as const
    for (const [method, path] of all) {
      const response = await api.fetch(path, { method, ...(authorization && { headers: { authorization } }) })
      t.equal(response.status, 401, `${method} ${path}`)
      t.match(response.headers.get('www-authenticate'), /^Bearer/)
      t.match(await response.json(), { code: 'unauthorized', status: 401 })
    }
    t.match(await api.store.jobs.read('acme', jobId), { status: 'pending', cancelRequested: false })
  })
}

t.test('each key of a tenant opens its jobs', async (t) => {
  const jobId = await api.createJob({ tenant: 'acme' })
  for (const key of [keys.acme, keys.spare]) {
    const response = await api.fetch(`/v1/jobs/${jobId}`, bearer(key))
    t.equal(response.status, 200)
    t.match(await response.json(), { jobId })
  }
  const lower = await api.fetch(`/v1/jobs/${jobId}`, { headers: { authorization: `bearer ${keys.acme}` } })
  t.equal(lower.status, 200, 'the name of the scheme knows no case')
  await lower.text()
})

t.test("another tenant's job answers exactly as one that never was", async (t) => {
  const foreign = await api.createJob({ tenant: 'acme' })
  const unknown = 900_000_000 + foreign
  const whole = async (method: string, path: string) => {
    const response = await api.fetch(path, { method, ...bearer(keys.other) })
    const headers = [...response.headers].filter(([name]) => name !== 'date')
    return { status: response.status, headers, body: await response.text() }
  }
  for (const [method, path] of calls) {
    const answer = await whole(method, path(foreign))
    t.same(answer, await whole(method, path(unknown)), `${method} ${path(foreign)}`)
    t.equal(answer.status, 404)
    t.equal((JSON.parse(answer.body) as Problem).code, 'job_not_found')
  }
  t.match(await api.store.jobs.read('acme', foreign), { status: 'pending', cancelRequested: false })
})

t.test("another tenant's connection answers exactly as one that never was", async (t) => {
  const { config, catalog } = syncRequest('token-of-acme')
  await api.store.connections.put('acme', 'main', { config, catalog })
  const answerOf = async (method: string, path: string, body?: object) => {
    const response = await api.fetch(path, {
      method,
      headers: { ...bearer(keys.other).headers, ...(body && { 'content-type': 'application/json' }) },
      ...(body && { body: JSON.stringify(body) }),
    })
    const headers = [...response.headers].filter(([name]) => name !== 'date')
    return { status: response.status, headers, body: await response.text() }
  }
  for (const [method, path] of connectionCalls) {
    const answer = await answerOf(method, path('main'))
    t.same(answer, await answerOf(method, path('nope')), `${method} ${path('main')}`)
    t.match(answer, { status: 404, body: /connection_not_found/ })
  }
  const job = await answerOf('POST', '/v1/jobs', { connectionId: 'main' })
  t.same(job, await answerOf('POST', '/v1/jobs', { connectionId: 'nope' }))
  t.match(job, { status: 404, body: /connection_not_found/ })
  const set = await answerOf('PUT', '/v1/connections/main/state', [])
  t.same(set, await answerOf('PUT', '/v1/connections/nope/state', []))
  t.match(set, { status: 404, body: /connection_not_found/ })
  const { jobId } = await api.store.jobs.create({ tenant: 'acme', request: syncRequest() })
  const ack = await answerOf('POST', `/v1/jobs/${jobId}/ack`, { offset: 0 })
  t.same(ack, await answerOf('POST', '/v1/jobs/900000000/ack', { offset: 0 }))
  t.match(ack, { status: 404, body: /job_not_found/ })
  t.same(JSON.parse((await answerOf('GET', '/v1/connections')).body), { data: [] })
  await answerOf('PUT', '/v1/connections/main?validate=false', { config: { access_token: 'token-of-other' } })
  t.equal((await api.store.connections.read('acme', 'main')).settings?.config.access_token, 'token-of-acme')
})

t.test('health and the description of the API are open to everybody', async (t) => {
  for (const path of ['/health/live', '/health/ready', '/openapi.json', '/docs/']) {
    const response = await api.fetch(path)
    t.equal(response.status, 200, path)
    await response.text()
  }
})

t.test('while no key exists every caller is the same tenant, whatever key is sent', async (t) => {
  const jobId = await open.createJob()
  for (const options of [{}, bearer('anything')]) {
    const response = await open.fetch(`/v1/jobs/${jobId}`, options)
    t.equal(response.status, 200)
    await response.text()
  }
})

t.test('keys are in no line of the log', async (t) => {
  const jobId = await api.createJob({ tenant: 'acme' })
  await (await api.fetch(`/v1/jobs/${jobId}`, bearer(keys.acme))).text()
  await (await api.fetch(`/v1/jobs/${jobId}`, bearer('key-of-nobody'))).text()
  t.ok(api.logged.length > 0)
  t.notMatch(api.logged.join(''), /key-of-/)
})
