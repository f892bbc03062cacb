import t from 'tap'
import { jobKey } from '../support/keys.ts'
import { startRedis } from '../support/redis.ts'
import { beginAttempt, commitOf, commitTo, openStore, syncRequest, tenant } from '../support/store.ts'

const server = await startRedis(t)
const store = openStore(server)
const never = new AbortController().signal
const newJob = async (graceMs?: number) =>
  (await store.jobs.create({ tenant, request: syncRequest(), ...(graceMs !== undefined && { graceMs }) })).jobId

t.test('a new job is pending, numbered, and handed to the workers', async (t) => {
  const first = await store.jobs.create({ tenant, request: syncRequest() })
  const second = await store.jobs.create({ tenant: 'other', request: syncRequest() })
  t.equal(second.jobId, first.jobId + 1)
  t.match(first, { status: 'pending', tenant, messageCount: 0, rowsSynced: 0, attempts: 0, streams: [] })
  t.match(first, { cancelRequested: false, graceMs: undefined, jobType: 'sync' })
  t.ok(first.logEpoch)
  t.same(store.queued.slice(-2), [first.jobId, second.jobId])
})

t.test('a job of another tenant is as unknown as one that never was', async (t) => {
  const jobId = await newJob()
  for (const id of [jobId, 999_999]) {
    await t.rejects(store.jobs.read('other', id), { code: 'job_not_found', message: 'There is no such job' })
    await t.rejects(store.jobs.cancel('other', id), { code: 'job_not_found', message: 'There is no such job' })
    await t.rejects(store.jobs.readWhenChanged('other', id, 10, never), { code: 'job_not_found' })
  }
})

t.test('a job that no worker has is cancelled at once, and tells so in its log', async (t) => {
  const jobId = await newJob()
  const job = await store.jobs.cancel(tenant, jobId)
  t.match(job, { status: 'cancelled', failure: { code: 'job_cancelled' }, messageCount: 1 })
  t.match(JSON.parse((await store.messages.read(jobId, 0, 1e6)).body.toString()), {
    type: 'TRACE',
    trace: { type: 'ERROR', error: { message: 'The job was cancelled.' } },
  })
  await t.rejects(store.jobs.cancel(tenant, jobId), { code: 'job_ended' })
  t.equal(await store.attempts.begin({ jobId, fence: 1, attemptId: 'a' }, 'start', 'e'), 'ENDED')
})

t.test('a job that a worker has is left to that worker', async (t) => {
  const jobId = await newJob()
  const attempt = await beginAttempt(store, { jobId, fence: 1, attemptId: 'a' })
  t.match(await store.jobs.cancel(tenant, jobId), { status: 'running', cancelRequested: true })
  t.match(await store.jobs.cancel(tenant, jobId), { status: 'running', cancelRequested: true }, 'asked twice')
  t.same(await store.attempts.release(attempt, 'uncounted'), { outcome: 'CANCELLED', cancelReason: 'requested' })
})

t.test('a job between two attempts is cancelled at once', async (t) => {
  const jobId = await newJob()
  const attempt = await beginAttempt(store, { jobId, fence: 1, attemptId: 'a' })
  await store.attempts.release(attempt, 'counted')
  t.equal((await store.jobs.read(tenant, jobId)).status, 'incomplete')
  t.match(await store.jobs.cancel(tenant, jobId), { status: 'cancelled' })
})

t.test('waiting for a change ends with the change, not with a commit', async (t) => {
  const jobId = await newJob()
  const attempt = await beginAttempt(store, { jobId, fence: 1, attemptId: 'a' })
  const changed = store.jobs.readWhenChanged(tenant, jobId, 60_000, never)
  await commitTo(store, await commitTo(store, attempt, '1-1', commitOf(1, 2)), '1-2', commitOf(3, 2))
  await store.attempts.end(jobId, 1, { status: 'succeeded' })
  t.match(await changed, { status: 'succeeded', messageCount: 6 })
  t.match(await store.jobs.readWhenChanged(tenant, jobId, 60_000, never), { status: 'succeeded' }, 'at once')
})

t.test('waiting for a change ends with the time, and with the signal', async (t) => {
  const jobId = await newJob()
  t.match(await store.jobs.readWhenChanged(tenant, jobId, 1, never), { status: 'pending' })
  const controller = new AbortController()
  const waiting = store.jobs.readWhenChanged(tenant, jobId, 60_000, controller.signal)
  controller.abort(new Error('the client left'))
  await t.rejects(waiting, { message: 'the client left' })
})

t.test('a job without grace does not depend on readers', async (t) => {
  const jobId = await newJob()
  await store.jobs.renewReaderLease(jobId, 'r1')
  await store.jobs.dropReaderLease(jobId, 'r1')
  t.equal((await store.jobs.read(tenant, jobId)).status, 'pending')
  t.same(await store.redis.keys(`intercom-sync:{job:${jobId}}:readers`), [])
})

t.test('without grace left, the last reader that hangs up cancels the job', async (t) => {
  const jobId = await newJob(0)
  await store.jobs.renewReaderLease(jobId, 'r1')
  await store.jobs.renewReaderLease(jobId, 'r2')
  await store.jobs.dropReaderLease(jobId, 'r1')
  t.equal((await store.jobs.read(tenant, jobId)).status, 'pending', 'another one is there')
  await store.jobs.dropReaderLease(jobId, 'r2')
  t.match(await store.jobs.read(tenant, jobId), { status: 'cancelled', failure: { message: /hung up/ } })
})

t.test('a reader that the service cut off is awaited, by a job that still depends on it', async (t) => {
  const jobId = await newJob(0)
  await store.jobs.renewReaderLease(jobId, 'r1')
  await store.jobs.awaitReader(jobId, 'r1', 0)
  const awaitedUntil = Number(await store.redis.hget(jobKey(jobId, 'record'), 'readersUntil'))
  t.ok(awaitedUntil > Date.now() + 100_000, 'longer than any lease')
  await store.jobs.dropReaderLease(jobId, 'r1')
  t.match(await store.jobs.read(tenant, jobId), { status: 'pending', graceMs: 0 })

  await store.jobs.renewReaderLease(jobId, 'r2')
  const leasedUntil = Number(await store.redis.hget(jobKey(jobId, 'record'), 'readersUntil'))
  t.ok(leasedUntil < Date.now() + 100_000, 'the one that came back is awaited no more')
  await store.jobs.dropReaderLease(jobId, 'r2')
  t.match(await store.jobs.read(tenant, jobId), { status: 'cancelled', failure: { message: /hung up/ } })
})

t.test(
  'of two readers that were cut off, one that comes back and hangs up does not end the job of the other',
  async (t) => {
    const jobId = await newJob(0)
    for (const reader of ['r1', 'r2']) await store.jobs.renewReaderLease(jobId, reader)
    for (const reader of ['r1', 'r2']) await store.jobs.awaitReader(jobId, reader, 0)
    await store.jobs.renewReaderLease(jobId, 'r3')
    await store.jobs.renewReaderLease(jobId, 'r3')
    await store.jobs.dropReaderLease(jobId, 'r3')
    t.equal((await store.jobs.read(tenant, jobId)).status, 'pending')
    await store.jobs.renewReaderLease(jobId, 'r4')
    await store.jobs.dropReaderLease(jobId, 'r4')
    t.equal((await store.jobs.read(tenant, jobId)).status, 'cancelled')
  },
)

t.test('a reader that is back before the service could say that it was cut off is not awaited', async (t) => {
  const jobId = await newJob(0)
  await store.jobs.renewReaderLease(jobId, 'r1')
  await store.jobs.renewReaderLease(jobId, 'r2')
  await store.jobs.awaitReader(jobId, 'r1', 5000)
  await store.jobs.dropReaderLease(jobId, 'r2')
  t.match(await store.jobs.read(tenant, jobId), { status: 'cancelled' })
})

t.test('a job that its last reader has left is about to end from that moment on, and is not joined', async (t) => {
  const connectionId = 'joined'
  const catalog = { streams: [] }
  await store.connections.put(tenant, connectionId, { config: { access_token: 'x' }, catalog })
  const { generation } = await store.connections.readStart(tenant, connectionId)
  const connection = { connectionId, generation, bodyDigest: 'the same' }
  const join = () => store.jobs.create({ tenant, request: syncRequest(), connection, joinActive: true })
  const { jobId } = await store.jobs.create({ tenant, request: syncRequest(), connection, graceMs: 0 })
  await beginAttempt(store, { jobId, fence: 1, attemptId: 'a' })
  await store.jobs.renewReaderLease(jobId, 'r1')
  t.equal((await join()).jobId, jobId)
  await store.redis.hset(jobKey(jobId, 'record'), { graceMs: 0, readersUntil: 0 })
  // What asks for the end of the job comes a moment later.
  const [joined] = await Promise.allSettled([join(), store.jobs.dropReaderLease(jobId, 'r1')])
  const isEnding = (await store.jobs.read(tenant, jobId)).cancelRequested
  t.equal(joined.status === 'fulfilled', !isEnding, 'either it was joined, or it is about to end')
})
