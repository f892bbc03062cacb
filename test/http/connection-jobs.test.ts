import t from 'tap'
import type { JobBody } from '../../src/http/bodies/schemas.ts'
import type { Problem } from '../../src/http/requests/problem.ts'
import { type ClientProfile, createRedisClients } from '../../src/redis/redis.ts'
import { startApp } from '../support/app.ts'
import { startRedis } from '../support/redis.ts'
import { beginAttempt } from '../support/store.ts'
import { startProxy } from '../support/tcp-proxy.ts'

const server = await startRedis(t)
const api = await startApp(t, server, { limits: { requestsPerMinute: 100_000 } })

const json = { 'content-type': 'application/json' }
const post = (body: object, query = '', headers: object = {}) =>
  api.fetch(`/v1/jobs${query}`, { method: 'POST', headers: { ...json, ...headers }, body: JSON.stringify(body) })
const start = async (body: object, query = '') => {
  const response = await post(body, query)
  return { status: response.status, body: (await response.json()) as JobBody & Problem }
}
const put = (id: string, body: object) =>
  api.fetch(`/v1/connections/${id}?validate=false`, { method: 'PUT', headers: json, body: JSON.stringify(body) })

const config = { access_token: 'token-of-a-connection' }
const configured = (name: string, sync_mode: string, json_schema = {}) => ({ stream: { name, json_schema }, sync_mode })
const catalog = {
  streams: [configured('contacts', 'full_refresh', { marked: true }), configured('tags', 'full_refresh')],
}
let connections = 0
async function newConnection() {
  const connectionId = `c${++connections}`
  await put(connectionId, { config, catalog })
  return connectionId
}
async function requestOf(jobId: number) {
  const attempt = await beginAttempt(api.store, { jobId, fence: 1, attemptId: 'a' })
  return attempt.openRequest()
}
const end = (jobId: number) => api.store.attempts.end(jobId, 1, { status: 'failed' })

t.test("a job of a connection has the connection's config and catalog, and says whose it is", async (t) => {
  const connectionId = await newConnection()
  const { status, body } = await start({ connectionId })
  t.equal(status, 202)
  t.equal(body.connectionId, connectionId)
  t.match(await requestOf(body.jobId), { config, catalog, states: {} })
  const list = (await (await api.fetch(`/v1/jobs?connectionId=${connectionId}`)).json()) as { data: JobBody[] }
  t.same(
    list.data.map(({ jobId }) => jobId),
    [body.jobId],
  )
})

t.test('streams and catalog of the body take the place of the catalog, for this job', async (t) => {
  const connectionId = await newConnection()
  const streamsOf = async (body: object) => {
    const { jobId } = (await start({ connectionId, ...body })).body
    const request = await requestOf(jobId)
    await end(jobId)
    return request.catalog.streams.map(({ stream, sync_mode }) => [stream.name, sync_mode, stream.json_schema.marked])
  }
  t.same(await streamsOf({ streams: ['contacts'] }), [['contacts', 'full_refresh', true]], 'only named: as configured')
  t.same(await streamsOf({ streams: [{ name: 'contacts', syncMode: 'incremental' }] }), [
    ['contacts', 'incremental', undefined],
  ])
  const other = { streams: [configured('contacts', 'incremental')] }
  t.same(await streamsOf({ catalog: other }), [['contacts', 'incremental', undefined]])
  t.equal((await streamsOf({})).length, 2)
})

t.test('what cannot be a job of a connection is refused, and the connection stays free', async (t) => {
  const connectionId = await newConnection()
  const refusals: [body: object, status: number, expected: object][] = [
    [{ connectionId, config }, 400, { errors: [{ pointer: '/config' }] }],
    [{ connectionId, streams: ['nothing'] }, 400, { errors: [{ pointer: '/streams/0' }] }],
    [{ connectionId, state: 'x' }, 400, { errors: [{ pointer: '/state' }] }],
    [{ connectionId: 'a b' }, 400, { errors: [{ pointer: '/connectionId' }] }],
    [{ connectionId: 'nope' }, 404, { code: 'connection_not_found' }],
  ]
  for (const [body, status, expected] of refusals) t.match(await start(body), { status, body: expected })
  t.equal((await start({ connectionId })).status, 202)
})

t.test('while a job runs, the connection takes no other and is not removed; its end frees it', async (t) => {
  const connectionId = await newConnection()
  const { jobId } = (await start({ connectionId })).body
  const busy = { status: 409, body: { code: 'connection_busy', jobId } }
  t.match(await start({ connectionId }), busy)
  const removal = await api.fetch(`/v1/connections/${connectionId}`, { method: 'DELETE' })
  t.match({ status: removal.status, body: await removal.json() }, busy)
  await requestOf(jobId)
  t.match(await start({ connectionId }), busy, 'while it runs as well')
  await end(jobId)
  const next = await start({ connectionId })
  t.equal(next.status, 202)
  await api.fetch(`/v1/jobs/${next.body.jobId}`, { method: 'DELETE' })
  t.equal((await api.fetch(`/v1/connections/${connectionId}`, { method: 'DELETE' })).status, 200, 'cancelled: free')
})

t.test('a second request joins the running job when it asks to', async (t) => {
  const connectionId = await newConnection()
  const first = await start({ connectionId }, '?onConflict=join')
  const joined = await post({ connectionId }, '?onConflict=join')
  t.equal(joined.status, 202)
  t.equal(joined.headers.get('location'), `/v1/jobs/${first.body.jobId}`)
  t.same(await joined.json(), first.body)
  const worker = await api.work(first.body.jobId)
  await worker.commit(3)
  const live = await post({ connectionId }, '?onConflict=join', { accept: 'application/x-ndjson' })
  t.equal(live.status, 200)
  t.equal(live.headers.get('location'), `/v1/jobs/${first.body.jobId}`)
  await worker.end('failed')
  const job = await api.store.jobs.read('default', first.body.jobId)
  t.equal((await live.text()).split('\n').length - 1, job.messageCount)
})

t.test('a job of another body is not joined: it began elsewhere, or reads something else', async (t) => {
  const connectionId = await newConnection()
  const state = [
    {
      type: 'STREAM',
      stream: { stream_descriptor: { name: 'contacts' }, stream_state: { updated_at: 1_700_000_000 } },
    },
  ]
  const bodies = [{ connectionId }, { connectionId, state }, { connectionId, streams: ['tags'] }]
  for (const body of bodies) {
    const { body: job } = await start(body)
    for (const other of bodies.filter((one) => one !== body)) {
      const answer = await start(other, '?onConflict=join')
      const busy = { code: 'connection_busy', jobId: job.jobId, detail: /another body/ }
      t.match(answer, { status: 409, body: busy }, JSON.stringify([body, other]))
    }
    const same = Object.fromEntries(Object.entries(body).reverse())
    t.match(await start(same, '?onConflict=join'), { status: 202, body: { jobId: job.jobId } })
    await end(job.jobId)
  }
})

t.test('a job of other settings, or one that is about to end, is not joined', async (t) => {
  const connectionId = await newConnection()
  const join = () => start({ connectionId }, '?onConflict=join')
  const job = (await join()).body
  await put(connectionId, { config, streams: ['contacts', 'tags'] })
  const busy = { status: 409, body: { code: 'connection_busy', jobId: job.jobId, detail: /other settings/ } }
  t.match(await join(), busy)
  await end(job.jobId)

  const next = (await join()).body
  await put(connectionId, { streams: ['contacts', 'tags'], config })
  t.match(await join(), { status: 202, body: { jobId: next.jobId } }, 'the same settings put again')
  await api.work(next.jobId)
  t.equal((await api.fetch(`/v1/jobs/${next.jobId}`, { method: 'DELETE' })).status, 200)
  t.match(await join(), { status: 409, body: { code: 'connection_busy', jobId: next.jobId, detail: /about to end/ } })
  await end(next.jobId)
  t.match(await join(), { status: 202 })
})

t.test('a key stands for no job that was cancelled just as its request joined it', async (t) => {
  const connectionId = await newConnection()
  const { jobId } = (await start({ connectionId })).body
  await api.work(jobId)
  let cancelled: Promise<Response> | undefined
  const wire = await startProxy(
    t,
    { path: server.socket },
    {
      // Redis has said that the job can be joined, and the service is told once the job is cancelled.
      async toClient(chunk) {
        if (!chunk.includes('JOINED')) return
        cancelled ??= api.fetch(`/v1/jobs/${jobId}`, { method: 'DELETE' })
        await cancelled
      },
    },
  )
  const clients = createRedisClients({ socket: wire.socket }, () => undefined)
  t.teardown(() => clients.close())
  const behindWire = { connect: (profile: ClientProfile = 'waitForever') => clients.connect(profile) }
  const late = await startApp(t, behindWire, { keys: api.store.keys })
  const join = async () => {
    const headers = { ...json, 'idempotency-key': connectionId }
    const request = { method: 'POST', headers, body: JSON.stringify({ connectionId }) }
    const response = await late.fetch('/v1/jobs?onConflict=join', request)
    return { status: response.status, body: (await response.json()) as JobBody & Problem }
  }
  const busy = { status: 409, body: { code: 'connection_busy', jobId, detail: /about to end/ } }
  t.match(await join(), busy)
  t.equal((await cancelled)?.status, 200)
  t.match(await join(), busy, 'the same request again')
  await end(jobId)
  const next = await join()
  t.equal(next.status, 202)
  t.not(next.body.jobId, jobId)
})

t.test('a request that could not join a job about to end makes the next one when it is repeated', async (t) => {
  const connectionId = await newConnection()
  const join = () => post({ connectionId }, '?onConflict=join', { 'idempotency-key': connectionId })
  const { jobId } = (await start({ connectionId })).body
  await api.work(jobId)
  await api.fetch(`/v1/jobs/${jobId}`, { method: 'DELETE' })
  t.equal((await join()).status, 409)
  await end(jobId)
  const repeated = await join()
  t.equal(repeated.status, 202)
  t.not(((await repeated.json()) as JobBody).jobId, jobId)
})

t.test('of a hundred requests at once one makes the job', async (t) => {
  const connectionId = await newConnection()
  const answers = await Promise.all(Array.from({ length: 100 }, () => start({ connectionId })))
  const made = answers.filter(({ status }) => status === 202).map(({ body }) => body.jobId)
  t.equal(made.length, 1)
  const refused = answers.filter(({ status }) => status === 409)
  t.equal(refused.length, 99)
  t.same([...new Set(refused.map(({ body }) => body.jobId))], made)
  const live = await api.store.redis.zrange('intercom-sync:{jobs}:live', '0', '-1')
  const records = await api.store.redis.keys('intercom-sync:{job:*}:record')
  t.same(
    live.filter((id) => !records.includes(`intercom-sync:{job:${id}}:record`)),
    [],
    'ids that were not used are not looked after',
  )
})

t.test('a job whose record is gone holds no connection', async (t) => {
  const connectionId = await newConnection()
  const { jobId } = (await start({ connectionId })).body
  await api.store.redis.del(`intercom-sync:{job:${jobId}}:record`)
  t.equal((await start({ connectionId })).status, 202)
})

t.test('a job goes on with the settings it began with, the next one has the new', async (t) => {
  const connectionId = await newConnection()
  const first = (await start({ connectionId })).body.jobId
  await put(connectionId, { config: { access_token: 'new-token' }, streams: ['tags'] })
  t.equal((await requestOf(first)).config.access_token, config.access_token)
  await end(first)
  const next = await requestOf((await start({ connectionId })).body.jobId)
  t.match(next, { config: { access_token: 'new-token' }, catalog: { streams: [{ stream: { name: 'tags' } }] } })
})
