import t, { type Test } from 'tap'
import type { ConnectionBody } from '../../src/http/bodies/connection-schemas.ts'
import type { JobBody } from '../../src/http/bodies/schemas.ts'
import { SyncRequestSchema } from '../../src/store/stored-request.ts'
import { readStored } from '../../src/stored/stored-data.ts'
import { createAcceleratedClock } from '../support/accelerated-clock.ts'
import { startApp, type TestApp } from '../support/app.ts'
import { parseLines } from '../support/engine.ts'
import { startEngineService } from '../support/engine-service.ts'
import { listenSimulator } from '../support/listening-simulator.ts'
import { startRedis } from '../support/redis.ts'
import { beginAttempt } from '../support/store.ts'

const server = await startRedis(t)
const intercom = await listenSimulator(t, {
  contacts: 30,
  conversations: 5,
  accessTokens: {
    'simulator-token': [],
    'token-without-tags': ['read_tags'],
    'token-without-conversations': ['read_conversations'],
  },
})
const config = { access_token: 'token-without-tags' }
const two = ['contacts', 'tags']

/** The API with a worker, on a clock on which ten seconds are two. */
async function startService(t: Test): Promise<TestApp> {
  const clock = createAcceleratedClock(Date.now(), 5)
  return startEngineService(t, server, { intercomUrl: intercom.url, clock })
}

const json = { 'content-type': 'application/json' }
async function call<Body>(
  app: TestApp,
  method: string,
  path: string,
  body?: object,
): Promise<{ status: number; body: Body }> {
  const response = await app.fetch(path, {
    method,
    headers: body ? json : {},
    body: body ? JSON.stringify(body) : null,
  })
  return { status: response.status, body: (await response.json()) as Body }
}
async function sync(app: TestApp, body: object): Promise<JobBody> {
  const { jobId } = (await call<JobBody>(app, 'POST', '/v1/jobs', body)).body
  for (;;) {
    const job = (await call<JobBody>(app, 'GET', `/v1/jobs/${jobId}?wait=60`)).body
    if (job.status !== 'pending' && job.status !== 'running' && job.status !== 'incomplete') return job
  }
}

t.test('a job that may leave out what the token may not read succeeds, and names it', async (t) => {
  const app = await startService(t)
  const job = await sync(app, { config, streams: two, onMissingPermission: 'skip' })
  t.match(job, {
    status: 'succeeded',
    skippedStreams: ['tags'],
    streams: [{ streamName: 'contacts', status: 'COMPLETE' }],
  })
  t.equal(job.streams.length, 1)
  t.equal(job.failure, undefined)
  const log = parseLines(Buffer.from(await (await app.fetch(`/v1/jobs/${job.jobId}/messages`)).arrayBuffer()))
  t.notOk(log.some(({ trace }) => trace?.stream_status?.stream_descriptor.name === 'tags'))

  const failed = await sync(app, { config, streams: two })
  t.match(failed, { status: 'failed', failure: { code: 'scope_missing', streamName: 'tags' } })
  t.equal(failed.skippedStreams, undefined)
  const whole = await sync(app, {
    config: { access_token: 'simulator-token' },
    streams: two,
    onMissingPermission: 'skip',
  })
  t.equal(whole.status, 'succeeded')
  t.equal(whole.skippedStreams, undefined)
  const nothing = await sync(app, { config, streams: ['tags'], onMissingPermission: 'skip' })
  t.match(nothing, { status: 'failed', attempts: 1, failure: { code: 'scope_missing', message: /Read tags/ } })
  const wrong = await call(app, 'POST', '/v1/jobs', { config, streams: two, onMissingPermission: 'ignore' })
  t.match(wrong, { status: 400, body: { code: 'invalid_request', errors: [{ pointer: '/onMissingPermission' }] } })
})

t.test('jobs of a connection do as it says, unless they say otherwise; states of what is left out stay', async (t) => {
  const app = await startService(t)
  const path = '/v1/connections/narrow'
  const body = {
    config: { access_token: 'token-without-conversations' },
    streams: ['contacts', 'conversations'],
    onMissingPermission: 'skip',
  }
  t.match(await call(app, 'PUT', path, body), { status: 201, body: { onMissingPermission: 'skip' } })
  t.match(await call(app, 'GET', path), { body: { onMissingPermission: 'skip' } })
  const stream_state = { updated_at: 1_700_000_000 }
  const kept = { type: 'STREAM', stream: { stream_descriptor: { name: 'conversations' }, stream_state } }
  t.equal((await call(app, 'PUT', `${path}/state`, [kept])).status, 200)

  const refused = await sync(app, { connectionId: 'narrow', onMissingPermission: 'fail' })
  t.match(refused, { status: 'failed', failure: { code: 'scope_missing', streamName: 'conversations' } })

  const { jobId, messageCount, ...job } = await sync(app, { connectionId: 'narrow' })
  t.match(job, { status: 'succeeded', skippedStreams: ['conversations'], connectionId: 'narrow' })
  const ofJob = await call<object[]>(app, 'GET', `/v1/jobs/${jobId}/state`)
  t.match(ofJob.body, [{ stream: { stream_descriptor: { name: 'contacts' } } }, kept])
  t.equal((await call(app, 'POST', `/v1/jobs/${jobId}/ack`, { offset: messageCount })).status, 200)
  const after = await call<object[]>(app, 'GET', `${path}/state`)
  t.match(after.body, [{ stream: { stream_descriptor: { name: 'contacts' } } }, kept])
})

t.test(
  'whoever stores a connection is warned of permissions that its jobs will stumble over, and not refused for them',
  async (t) => {
    const app = await startService(t)
    const put = async (body: object) => {
      const { status, body: answer } = await call<ConnectionBody>(app, 'PUT', '/v1/connections/warned', body)
      return { status, warnings: answer.warnings ?? [] }
    }
    t.same(await put({ config: { access_token: 'simulator-token' }, streams: two }), { status: 201, warnings: [] })
    t.same(
      await put({ config, streams: ['contacts'] }),
      { status: 200, warnings: [] },
      'only streams of its catalog count',
    )
    const failing = await put({ config, streams: two })
    t.equal(failing.status, 200)
    t.match(failing.warnings, [/^tags: .*"Read tags".*jobs fail.*leave out tags, or set onMissingPermission to "skip"/])
    t.equal(failing.warnings.length, 1)
    t.match((await put({ config, streams: two, onMissingPermission: 'skip' })).warnings, [/jobs leave out tags/])
    const nothingLeft = await put({ config, streams: ['tags'], onMissingPermission: 'skip' })
    t.match(nothingLeft.warnings, [/^tags: .*"Read tags".*jobs fail: the token may read no stream of the catalog/])

    intercom.faults.next([{ match: { path: '/tags' }, status: 403 }])
    t.same((await put({ config: { access_token: 'simulator-token' }, streams: two })).warnings, [], 'said once only')
    const { body } = await call<ConnectionBody>(app, 'GET', '/v1/connections/warned')
    t.equal(body.warnings, undefined, 'they are of that moment only')
  },
)

t.test('a process of the version before hands on a job that leaves streams out: it would fail the job', async (t) => {
  const app = await startApp(t, server)
  const request = { config, catalog: { streams: [] }, states: {} }
  const sealed = async (job: object) => {
    const { jobId } = await app.store.jobs.create({ tenant: 'default', request: { ...request, ...job } })
    const attempt = await beginAttempt(app.store, { jobId, fence: 1, attemptId: 'a' })
    return { opened: attempt.openRequest(), jobId }
  }
  t.equal((await sealed({})).opened.onMissingPermission, undefined)
  const { opened } = await sealed({ onMissingPermission: 'skip' })
  t.match(opened, { v: 2, onMissingPermission: 'skip' })
  // What that version does with a request that it opens.
  t.throws(() => readStored(SyncRequestSchema, opened, 'the request'), {
    code: 'data_unreadable',
    message: /version 2.*update/,
  })
  t.doesNotThrow(() => readStored(SyncRequestSchema, { ...request }, 'the request'))
})
