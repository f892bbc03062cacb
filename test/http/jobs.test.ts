import { request } from 'node:http'
import t from 'tap'
import type { JobBody } from '../../src/http/bodies/schemas.ts'
import type { Problem } from '../../src/http/requests/problem.ts'
import { startApp } from '../support/app.ts'
import { createManualClock } from '../support/manual-clock.ts'
import { startRedis } from '../support/redis.ts'

const server = await startRedis(t)
const api = await startApp(t, server)

const body = JSON.stringify({ config: { access_token: 'token-of-a-test' }, streams: ['tags'] })
const post = (headers: Record<string, string> = {}, path = '/v1/jobs') =>
  api.fetch(path, { method: 'POST', headers: { 'content-type': 'application/json', ...headers }, body })

const time = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/

t.test('a new job is accepted as pending, with the place to look for it', async (t) => {
  const response = await post()
  const job = (await response.json()) as JobBody
  t.equal(response.status, 202)
  t.equal(response.headers.get('location'), `/v1/jobs/${job.jobId}`)
  t.equal(response.headers.get('vary'), 'Accept, Accept-Encoding')
  t.match(job, { jobType: 'sync', status: 'pending', createdAt: time, lastUpdatedAt: time, duration: 'PT0S' })
  t.match(job, { rowsSynced: 0, bytesSynced: 0, messageCount: 0, attempts: 0, logEpoch: /./ })
  t.same(await (await api.fetch(`/v1/jobs/${job.jobId}`)).json(), job)
  t.same(
    Object.keys(job).filter((name) => /tenant|cancel|grace|config|request/i.test(name)),
    [],
  )
})

t.test('a body that no job can be made of is refused with every fault, and nothing is queued', async (t) => {
  const before = Number(await api.store.redis.get('intercom-sync:{jobs}:last-id'))
  const response = await api.fetch('/v1/jobs', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ config: { access_token: 5, start_date: 'yesterday' }, streams: ['no_such_stream'] }),
  })
  t.equal(response.status, 400)
  const problem = (await response.json()) as Problem
  t.equal(problem.code, 'invalid_request')
  const pointers = problem.errors?.map(({ pointer }) => pointer) ?? []
  t.ok(
    pointers.some((pointer) => pointer.startsWith('/config/')),
    pointers.join(' '),
  )
  t.equal(Number(await api.store.redis.get('intercom-sync:{jobs}:last-id')), before)
})

t.test('the kind of answer follows Accept', async (t) => {
  for (const [accept, status] of [
    ['*/*', 202],
    ['application/json', 202],
    ['application/*', 202],
    ['application/json, text/plain, */*', 202],
    ['application/x-ndjson;q=0.5, application/json', 202],
    ['application/x-ndjson', 200],
    ['APPLICATION/X-NDJSON', 200],
    ['application/x-ndjson, application/json;q=0.9', 200],
    ['application/json;q=0, */*', 200],
    ['text/html', 406],
    ['application/json;q=0', 406],
  ] as const) {
    const response = await post({ accept })
    t.equal(response.status, status, accept)
    await response.body?.cancel()
  }
})

t.test('a job tells what its worker has done', async (t) => {
  const jobId = await api.createJob()
  const worker = await api.work(jobId)
  await worker.commit(4)
  const job = (await (await api.fetch(`/v1/jobs/${jobId}`)).json()) as JobBody
  t.match(job, { status: 'running', attempts: 1, rowsSynced: 4, messageCount: 5, startTime: time })
  t.match(job.streams, [{ streamName: 'contacts', status: 'RUNNING', rowsSynced: 4 }])
  await worker.end('failed')
  const ended = (await (await api.fetch(`/v1/jobs/${jobId}`)).json()) as JobBody
  t.equal(ended.status, 'failed')
  t.match(ended.duration, /^PT\d+(\.\d{1,3})?S$/)
})

t.test('wait answers at the next change of status, not before', async (t) => {
  const jobId = await api.createJob()
  let answered = false
  const waiting = api.fetch(`/v1/jobs/${jobId}?wait=60`).then(async (response) => {
    answered = true
    return response.json()
  })
  await (await api.fetch(`/v1/jobs/${jobId}`)).text()
  t.notOk(answered)
  const worker = await api.work(jobId)
  t.match(await waiting, { jobId, status: 'running' })
  const untilEnd = api.fetch(`/v1/jobs/${jobId}?wait=60`)
  await worker.end('failed')
  t.match(await (await untilEnd).json(), { status: 'failed' })
  t.match(
    await (await api.fetch(`/v1/jobs/${jobId}?wait=60`)).json(),
    { status: 'failed' },
    'at once when it has ended',
  )
})

t.test('wait answers with the job as it is when nothing changes', async (t) => {
  const clock = createManualClock()
  const timed = await startApp(t, server, { clock })
  const jobId = await timed.createJob()
  const waiting = timed.fetch(`/v1/jobs/${jobId}?wait=20`)
  await clock.untilAsleep(20_000)
  clock.advance(20_000)
  t.match(await (await waiting).json(), { status: 'pending' })
})

t.test('wait takes up to 60 s and ends after 50, before the usual proxies give up', async (t) => {
  const clock = createManualClock()
  const timed = await startApp(t, server, { clock })
  const jobId = await timed.createJob()
  for (const wait of [50, 51, 60]) {
    const waiting = timed.fetch(`/v1/jobs/${jobId}?wait=${wait}`)
    await clock.untilAsleep(50_000)
    clock.advance(50_000)
    t.match(await (await waiting).json(), { status: 'pending' })
  }
  t.equal((await timed.fetch(`/v1/jobs/${jobId}?wait=61`)).status, 400)
})

t.test('a shutdown ends the wait early, with the job as it is', async (t) => {
  const clock = createManualClock()
  const closing = await startApp(t, server, { clock })
  const jobId = await closing.createJob()
  const waiting = closing.fetch(`/v1/jobs/${jobId}?wait=20`)
  await clock.untilAsleep(20_000)
  closing.closing.abort()
  t.match(await (await waiting).json(), { status: 'pending' })
  const refused = await closing.fetch(`/v1/jobs/${jobId}`)
  t.equal(refused.status, 503)
  t.equal(refused.headers.get('retry-after'), '5')
  t.match(await refused.json(), { code: 'shutting_down' })
})

t.test('a client that hangs up while it waits is no fault', async (t) => {
  const clock = createManualClock()
  const timed = await startApp(t, server, { clock })
  const jobId = await timed.createJob()
  const call = request(`${timed.url}/v1/jobs/${jobId}?wait=20`, { agent: false })
  call.on('error', () => undefined)
  call.end()
  await clock.untilAsleep(20_000)
  call.destroy()
  while (clock.isAsleep(20_000)) await (await timed.fetch('/health/live')).text()
  await timed.app.close()
  t.same(
    timed.logged.filter((line) => (JSON.parse(line) as { level: number }).level > 30),
    [],
  )
})

t.test('a job that nobody runs is cancelled at once, and only once', async (t) => {
  const jobId = await api.createJob()
  const response = await api.fetch(`/v1/jobs/${jobId}`, { method: 'DELETE' })
  t.equal(response.status, 200)
  t.match(await response.json(), { jobId, status: 'cancelled' })
  const again = await api.fetch(`/v1/jobs/${jobId}`, { method: 'DELETE' })
  t.equal(again.status, 409)
  t.match(await again.json(), { code: 'job_ended' })
})

t.test('a JSON media type on a call without a body does no harm', async (t) => {
  const jobId = await api.createJob()
  const response = await api.fetch(`/v1/jobs/${jobId}`, {
    method: 'DELETE',
    headers: { 'content-type': 'application/json' },
  })
  t.equal(response.status, 200)
  await response.text()
})
