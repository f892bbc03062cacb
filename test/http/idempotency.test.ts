import t from 'tap'
import type { JobBody } from '../../src/http/bodies/schemas.ts'
import type { Problem } from '../../src/http/requests/problem.ts'
import { startApp } from '../support/app.ts'
import { startRedis } from '../support/redis.ts'

const server = await startRedis(t)
const api = await startApp(t, server, { limits: { requestsPerMinute: 100_000 } })

const json = { 'content-type': 'application/json' }
const secret = 'dG9rZW4tb2YtYS1yZXBlYXQ'
const body = { config: { access_token: secret, start_date: '2024-01-01T00:00:00Z' }, streams: ['tags'] }
const send = (key: string, content: object = body, query = '', headers: object = {}) =>
  api.fetch(`/v1/jobs${query}`, {
    method: 'POST',
    headers: { ...json, 'idempotency-key': key, ...headers },
    body: JSON.stringify(content),
  })
const post = async (...parameters: Parameters<typeof send>) => {
  const response = await send(...parameters)
  return { status: response.status, body: (await response.json()) as JobBody & Problem }
}
const jobsMade = async () => (await api.store.redis.keys('intercom-sync:{job:*}:record')).length

t.test('the same request gets the same job, whatever its status and however its members are ordered', async (t) => {
  const first = await post('a key')
  t.equal(first.status, 202)
  const { jobId } = first.body
  const { start_date, access_token } = body.config
  t.same(await post('a key', { streams: body.streams, config: { start_date, access_token } }), first)
  const worker = await api.work(jobId)
  await worker.commit(2)
  await worker.end('failed')
  t.match(await post('a key'), { status: 202, body: { jobId, status: 'failed' } })
  const live = await send('a key', body, '', { accept: 'application/x-ndjson' })
  t.equal(live.headers.get('location'), `/v1/jobs/${jobId}`)
  t.match(await live.text(), /^(\{"type":"RECORD".*\n){2}\{"type":"STATE"/, 'its messages, from the first')
  t.not((await post('another key')).body.jobId, jobId)
  const ttl = await api.store.redis.pttl((await api.store.redis.keys('*repeats*'))[0] ?? '')
  t.ok(ttl > 23.9 * 3_600_000 && ttl <= 24 * 3_600_000, `${ttl} ms`)
})

t.test('another body under the same key is refused', async (t) => {
  const before = await jobsMade()
  t.equal((await post('taken')).status, 202)
  for (const other of [
    { ...body, streams: ['contacts'] },
    { ...body, config: Object.entries(body.config) },
    { config: {} },
  ])
    t.match(await post('taken', other), { status: 422, body: { code: 'idempotency_key_reused' } })
  t.equal(await jobsMade(), before + 1)
})

t.test('a request that made no job leaves the key free', async (t) => {
  t.equal((await post('free', { config: {} })).status, 400)
  t.equal((await post('free', { connectionId: 'nope' })).status, 404)
  t.equal((await post('free')).status, 202)
})

t.test('a key is looked at before the rule of one job for each connection', async (t) => {
  const settings = { method: 'PUT', headers: json, body: JSON.stringify({ config: body.config }) }
  await (await api.fetch('/v1/connections/main?validate=false', settings)).text()
  const first = await post('k1', { connectionId: 'main' })
  t.equal(first.status, 202)
  t.same(await post('k1', { connectionId: 'main' }), first)
  t.match(await post('k2', { connectionId: 'main' }), { status: 409, body: { code: 'connection_busy' } })
  t.same(await post('k2', { connectionId: 'main' }, '?onConflict=join'), first)
  await (await api.work(first.body.jobId)).end('failed')
  t.equal((await post('k2', { connectionId: 'main' })).body.jobId, first.body.jobId, 'what was joined is remembered')
  t.not((await post('k3', { connectionId: 'main' })).body.jobId, first.body.jobId)
  await (await api.fetch('/v1/connections/main', { method: 'DELETE' })).text()
  t.equal((await post('k1', { connectionId: 'main' })).body.jobId, first.body.jobId, 'without the connection, too')
})

t.test('keys belong to their tenants', async (t) => {
  const repeat = { keyDigest: 'k', bodyDigest: 'b' }
  const request = { config: { access_token: 'x' }, catalog: { streams: [] }, states: {} }
  const one = await api.jobs.create({ tenant: 'one', request, repeat })
  t.equal(await api.jobs.findRepeated('two', repeat, undefined), undefined)
  t.not((await api.jobs.create({ tenant: 'two', request, repeat })).jobId, one.jobId)
})

t.test('a key that cannot be one is refused', async (t) => {
  for (const key of ['', 'x'.repeat(256), 'caf\u00e9'])
    t.match(await post(key), { status: 400, body: { errors: [{ pointer: 'idempotency-key' }] } })
  t.equal((await post('x'.repeat(255))).status, 202)
})

t.test('of a thousand at once one makes the job, and all are told of it', async (t) => {
  const before = await jobsMade()
  /** As a client does that is told that Redis is late: it sends the same again. */
  const insist = async (): ReturnType<typeof post> => {
    const answer = await post('crowd')
    return answer.status === 503 ? insist() : answer
  }
  const answers = await Promise.all(Array.from({ length: 1000 }, insist))
  t.same([...new Set(answers.map(({ status }) => status))], [202])
  t.equal(new Set(answers.map(({ body }) => body.jobId)).size, 1)
  t.equal(await jobsMade(), before + 1)
})

t.test('messages that are gone are told before the answer begins', async (t) => {
  const { jobId } = (await post('old')).body
  await (await api.work(jobId)).end('failed')
  await api.store.redis.del(`intercom-sync:{job:${jobId}}:data-key`)
  const response = await send('old', body, '', { accept: 'application/x-ndjson' })
  t.equal(response.status, 410)
  t.match(await response.json(), { code: 'log_gone' })
})

t.test('neither key nor body is kept in clear', async (t) => {
  const texts = await api.store.redis.keys('*repeats*')
  t.ok(texts.length > 0)
  for (const key of [...texts]) texts.push((await api.store.redis.get(key)) ?? '')
  t.notMatch(texts.join('\n'), new RegExp(`${secret}|a key`))
})
