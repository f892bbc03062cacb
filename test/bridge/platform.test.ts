import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import t, { type Test } from 'tap'
import { streamStatusLine } from '../../src/airbyte/messages.ts'
import { readOverHttp } from '../../src/connector/bridge/read.ts'
import { createAcceleratedClock } from '../support/accelerated-clock.ts'
import { startApp } from '../support/app.ts'
import { configuredCatalog } from '../support/configured-catalog.ts'
import { untilHolds } from '../support/polling.ts'
import { startRedis } from '../support/redis.ts'
import { beginAttempt, commitOf } from '../support/store.ts'

/** Twenty times as fast as the machine's: six minutes are 18 seconds, and the two seconds for a cancel a tenth of one. */
const clock = createAcceleratedClock(Date.now(), 20)
const server = await startRedis(t)
const api = await startApp(t, server, { clock })
await api.fetch('/v1/connections/kept?validate=false', {
  method: 'PUT',
  headers: { 'content-type': 'application/json' },
  body: JSON.stringify({ config: { access_token: 'x' }, streams: ['contacts'] }),
})

/** A bridge in this process, whose minutes pass as fast as the service's. */
function startBridge(t: Test, access: object = { access_token: 'token-of-a-test' }) {
  const printed: Buffer[] = []
  const ending = new AbortController()
  t.teardown(() => ending.abort(new Error('the test is over')))
  const finished = readOverHttp({
    inputs: {
      config: { service_url: api.url, allow_insecure_http: true, ...access },
      catalog: configuredCatalog(['contacts']),
    },
    output: { write: async (piece) => void printed.push(Buffer.from(piece)) },
    note: () => undefined,
    clock,
    random: () => 0.5,
    signal: ending.signal,
  }).catch((error: { code?: string }) => error.code)
  return { finished, stop: () => ending.abort(new Error('SIGTERM')), text: () => Buffer.concat(printed).toString() }
}

/** The newest job there is; 0 = none. */
async function newestJob(): Promise<number> {
  return (await api.jobs.list('default', { limit: 1 })).items[0]?.jobId ?? 0
}

/** The job that the bridge has made, once it has. @param after the newest one before */
async function untilJob(after = 0): Promise<number> {
  await untilHolds(async () => (await newestJob()) > after)
  return newestJob()
}

/** A job that has the connection, as another caller made it. @param graceMs undefined = it needs no reader */
async function takeConnection(graceMs?: number): Promise<number> {
  const { generation } = await api.store.connections.readStart('default', 'kept')
  const { jobId } = await api.jobs.create({
    tenant: 'default',
    request: { config: { access_token: 'x' }, catalog: { streams: [] }, states: {} },
    connection: { connectionId: 'kept', generation, bodyDigest: 'of a test' },
    ...(graceMs !== undefined && { graceMs }),
  })
  return jobId
}

t.test('without any worker it does not wait for ever', async (t) => {
  const { finished } = startBridge(t)
  const jobId = await untilJob()
  t.equal(await finished, 'no_worker')
  const ended = await api.store.jobs.readWhenChanged('default', jobId, 30_000, AbortSignal.timeout(30_000))
  t.equal(ended.status, 'cancelled')
})

t.test('an attempt after one that was killed waits until its job has given the connection up', async (t) => {
  const kept = { connection_id: 'kept' }
  const killed = await takeConnection(90_000)
  const { finished, text } = startBridge(t, kept)
  t.equal(await Promise.race([finished, clock.sleep(100_000).then(() => 'it waits')]), 'it waits')
  await api.jobs.cancel('default', killed)
  const jobId = await untilJob(killed)
  const worker = await api.work(jobId)
  await worker.commit(2)
  await worker.end('failed')
  t.equal(await finished, 'streams_incomplete')
  t.match(text(), /"RECORD"/)
})

t.test(
  'an attempt that is started again while its first job is still being cancelled does not take that one',
  async (t) => {
    Object.assign(process.env, { WORKER_JOB_ID: '79', WORKER_JOB_ATTEMPT: '0' })
    t.teardown(() => {
      delete process.env.WORKER_JOB_ID
      delete process.env.WORKER_JOB_ATTEMPT
    })
    const before = await newestJob()
    const first = startBridge(t)
    const jobId = await untilJob(before)
    await api.work(jobId)
    first.stop()
    await first.finished
    t.match(await (await api.fetch(`/v1/jobs/${jobId}`)).json(), { status: 'running', cancelRequested: true })

    const again = startBridge(t)
    t.equal(await Promise.race([again.finished, clock.sleep(30_000).then(() => 'it waits')]), 'it waits')
    const failure = {
      code: 'job_cancelled',
      message: 'The job was cancelled.',
      failureType: 'transient_error',
    } as const
    await api.store.attempts.end(jobId, 1, { status: 'cancelled', failure })
    t.notOk('cancelRequested' in ((await (await api.fetch(`/v1/jobs/${jobId}`)).json()) as object), 'it has ended')
    const worker = await api.work(await untilJob(jobId))
    await worker.commit(2)
    await worker.end('failed')
    t.equal(await again.finished, 'streams_incomplete')
    t.match(again.text(), /"RECORD"/)
  },
)

t.test('a connection that somebody else keeps is told as busy in the end', async (t) => {
  const other = await takeConnection()
  t.equal(await startBridge(t, { connection_id: 'kept' }).finished, 'connection_busy')
  t.equal((await api.jobs.read('default', other)).status, 'pending', 'nobody has ended it')
})

t.test('a sync that was printed whole is one, though its job is lost before its end can be asked for', async (t) => {
  const before = await newestJob()
  const { finished, text } = startBridge(t)
  const jobId = await untilJob(before)
  const attempt = await beginAttempt(api.store, { jobId, fence: 1, attemptId: 'a' })
  const { body, messageCount, ...commit } = commitOf(1, 2)
  const complete = Buffer.from(streamStatusLine('contacts', 'COMPLETE', 1))
  await api.store.attempts.commit(attempt, '1-1', {
    ...commit,
    body: Buffer.concat([body, complete]),
    messageCount: messageCount + 1,
  })
  await untilHolds(() => text().includes('COMPLETE'))
  const { redis } = api.store
  await redis.del(...(await redis.keys(`*{job:${jobId}}*`)))
  t.equal(await finished, 'done')
  t.equal(await newestJob(), before, 'no other job was asked for')
})

t.test('a service that says that the connection is busy has been reached: only failures in a row count', async (t) => {
  const unavailable = { status: 503, code: 'store_unavailable' }
  const failures = [unavailable, unavailable]
  const began = clock.monotonic()
  // It fails, has the connection busy for longer than failures are put up with, fails once more, and says what is wrong.
  const answer = () => {
    const isBusy = clock.monotonic() < began + 90_000
    if (failures.length === (isBusy ? 2 : 1)) return failures.pop() ?? unavailable
    return isBusy ? { status: 409, code: 'connection_busy' } : { status: 400, code: 'invalid_request' }
  }
  const server = createServer((_request, response) => {
    const { status, code } = answer()
    response.writeHead(status, { 'content-type': 'application/problem+json' })
    response.end(JSON.stringify({ type: `urn:intercom-sync:problem:${code}`, title: code, status, code }))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.teardown(() => server.close())
  const service_url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  t.equal(await startBridge(t, { service_url, connection_id: 'kept' }).finished, 'invalid_request')
  t.same(failures, [])
})
