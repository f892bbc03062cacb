import t from 'tap'
import { startApp } from '../support/app.ts'
import { jobKey, keyspace } from '../support/keys.ts'
import { untilHolds } from '../support/polling.ts'
import { onRealRedis, startRedis } from '../support/redis.ts'
import { beginAttempt, commitOf, commitTo } from '../support/store.ts'
import { openStream } from './stream-client.ts'

const server = await startRedis(t)
const api = await startApp(t, server, { limits: { requestsPerMinute: 100_000 } })
const { redis, attempts } = api.store
const json = { 'content-type': 'application/json' }

async function call(method: string, path: string, body?: unknown) {
  const response = await api.fetch(`/v1${path}`, {
    method,
    ...(body !== undefined && { headers: json, body: JSON.stringify(body) }),
  })
  const text = await response.text()
  const isJson = response.headers.get('content-type')?.includes('json') && !path.includes('/messages')
  return { status: response.status, body: (isJson || response.status >= 400 ? JSON.parse(text) : text) as never }
}

interface Made {
  jobId: number
  logEpoch: string
}

/** A job of the connection `kept` that nobody has begun. */
async function startPending(): Promise<Made> {
  await call('PUT', '/connections/kept?validate=false', { config: { access_token: 'x' }, streams: ['contacts'] })
  const { status, body } = await call('POST', '/jobs', { connectionId: 'kept' })
  if (status !== 202) throw new Error(`no job was made: ${status}`)
  return body as Made
}

/** The same with three messages in its log. */
async function startJob(): Promise<Made> {
  const { jobId, logEpoch } = await startPending()
  const attempt = await beginAttempt(api.store, { jobId, fence: 1, attemptId: 'a' })
  await attempts.commit(attempt, '1-1', commitOf(1, 2))
  return { jobId, logEpoch }
}

/** Every call that speaks of a position, or acts on a job for whoever holds it. */
const calls = (jobId: number, epoch: string | undefined, held: number) => {
  const query = epoch === undefined ? '' : `epoch=${encodeURIComponent(epoch)}`
  return {
    messages: () => call('GET', `/jobs/${jobId}/messages?follow=false&after=${held}&${query}`),
    state: () => call('GET', `/jobs/${jobId}/state?at=${held}&${query}`),
    ack: () => call('POST', `/jobs/${jobId}/ack?${query}`, { offset: held }),
    job: () => call('GET', `/jobs/${jobId}?${query}`),
    wait: () => call('GET', `/jobs/${jobId}?wait=1&${query}`),
    cancel: () => call('DELETE', `/jobs/${jobId}?${query}`),
  }
}

t.test('another job that got the id of a lost one is not taken for it, whatever is asked', async (t) => {
  const lost = await startJob()
  const [runId, lastId] = await redis.mget(keyspace.lastJobRunId, keyspace.lastJobId)
  await redis.flushall()
  // Ids come again only if somebody makes them.
  await redis.mset(keyspace.lastJobRunId, String(runId), keyspace.lastJobId, String(Number(lastId) - 1))
  const other = await startJob()
  t.equal(other.jobId, lost.jobId)
  t.not(other.logEpoch, lost.logEpoch)
  for (const held of [0, 3])
    for (const [name, ask] of Object.entries(calls(lost.jobId, lost.logEpoch, held)))
      t.match(await ask(), { status: 409, body: { code: 'log_rewound', logEpoch: other.logEpoch } }, `${name}, ${held}`)
  t.match(
    await call('POST', `/jobs/${lost.jobId}/ack`, { offset: 3, epoch: lost.logEpoch }),
    { status: 409 },
    'in the body',
  )
  t.match(await call('GET', `/jobs/${other.jobId}`), { body: { status: 'running' } }, 'nothing has happened to it')
  t.match(await call('GET', '/connections/kept/state'), { body: [] })
  for (const [name, ask] of Object.entries(calls(other.jobId, other.logEpoch, 3)))
    t.equal((await ask()).status, 200, name)
  await attempts.end(other.jobId, 1, { status: 'failed' })
})

t.test('once a log has gone back, states move and are given out only to those who name the log', async (t) => {
  const { jobId, logEpoch } = await startJob()
  const anew = await attempts.begin({ jobId, fence: 1, attemptId: 'a' }, 'rewound', 'later')
  t.type(anew, 'object')
  const now = ((await call('GET', `/jobs/${jobId}`)).body as Made).logEpoch
  t.not(now, logEpoch)
  for (const epoch of [logEpoch, undefined]) {
    t.match(await calls(jobId, epoch, 3).ack(), { status: 409, body: { code: 'log_rewound', logEpoch: now } })
    t.match(await calls(jobId, epoch, 3).state(), { status: 409, body: { code: 'log_rewound' } })
    t.equal((await calls(jobId, epoch, 0).state()).status, 200, 'whoever holds nothing has lost nothing')
    t.equal((await calls(jobId, epoch, 0).messages()).status, 200)
    t.match(await calls(jobId, epoch, 3).messages(), { status: 409, body: { code: 'log_rewound', logEpoch: now } })
  }
  t.equal((await calls(jobId, now, 3).ack()).status, 200)
  t.equal((await calls(jobId, now, 3).messages()).status, 200)
  t.equal((await calls(jobId, logEpoch, 3).job()).status, 200, 'it is the same job')
  t.equal((await calls(jobId, logEpoch, 3).cancel()).status, 200)
  await attempts.end(jobId, 1, { status: 'failed' })
})

t.test('a reader that holds nothing yet is given no other log than its headers said', async (t) => {
  const made = await startPending()
  const early = await openStream(`${api.url}/v1/jobs/${made.jobId}/messages`)
  t.equal(early.headers['log-epoch'], made.logEpoch)
  // An attempt that begins on another Redis than the one that made the job.
  await redis.hset(jobKey(made.jobId, 'record'), 'runId', 'other')
  const attempt = await beginAttempt(api.store, { jobId: made.jobId, fence: 1, attemptId: 'a' })
  await attempts.commit(attempt, '1-1', commitOf(1, 2))
  t.equal(await early.finished, 'cut')
  t.equal(early.text(), '')
  const again = await openStream(`${api.url}/v1/jobs/${made.jobId}/messages?epoch=${made.logEpoch}`)
  t.not(again.headers['log-epoch'], made.logEpoch)
  await attempts.end(made.jobId, 1, { status: 'failed' })
  t.equal(await again.finished, 'end')
  t.match(again.text(), /RECORD/)
})

/** Redis comes back as it was at the moment of the last `SAVE`. */
async function goBack() {
  await server.kill()
  await server.restart()
  await untilHolds(async () => (await api.fetch('/health/ready')).status === 200)
}

t.test(
  'whoever names the log and holds more than a restored Redis has is told so, before any attempt has noticed',
  onRealRedis,
  async (t) => {
    const { jobId, logEpoch } = await startPending()
    const attempt = await beginAttempt(api.store, { jobId, fence: 1, attemptId: 'a' })
    const held = await commitTo(api.store, attempt, '1-1', commitOf(1, 2))
    await redis.save()
    await commitTo(api.store, held, '1-2', commitOf(3, 4))
    const { messages, state, ack } = calls(jobId, logEpoch, 9)
    for (const ask of [messages, state, ack])
      t.match(await ask(), { status: 416, body: { code: 'offset_out_of_range', messageCount: 8 } }, 'never read')
    await goBack()
    for (const ask of Object.values(calls(jobId, logEpoch, 8)).slice(0, 3))
      t.match(await ask(), { status: 409, body: { code: 'log_rewound', logEpoch, messageCount: 3 } })
    t.match(await calls(jobId, undefined, 8).messages(), { status: 416, body: { code: 'offset_out_of_range' } })
    t.equal((await calls(jobId, logEpoch, 3).messages()).status, 200, 'these are there')
    await attempts.end(jobId, 1, { status: 'failed' })
  },
)

t.test(
  'an attempt that was paused before a restore does not write on what another one has told readers of',
  onRealRedis,
  async (t) => {
    for (const end of [false, true]) {
      const { jobId, logEpoch } = await startPending()
      const lock = (token: string) => ({ key: `lock-${jobId}`, token })
      await redis.set(`lock-${jobId}`, 'a')
      const begun = await beginAttempt(api.store, { jobId, fence: 1, attemptId: 'a', lock: lock('a') })
      const paused = await commitTo(api.store, begun, '1-1', commitOf(1, 2))
      await redis.del(`lock-${jobId}`)
      await redis.save()
      await redis.set(`lock-${jobId}`, 'b')
      const next = await beginAttempt(api.store, { jobId, fence: 2, attemptId: 'b', lock: lock('b') })
      await commitTo(api.store, next, '2-1', commitOf(100, 10))
      t.match(await call('GET', `/jobs/${jobId}`), { body: { logEpoch, messageCount: 14 } })
      await goBack()

      const by = { attemptId: 'a', lock: lock('a'), written: paused }
      const outcome = end
        ? await attempts.end(jobId, 1, { status: 'succeeded' }, by)
        : await attempts.commit(paused, '1-2', commitOf(3, 30))
      t.equal(outcome, 'REWOUND')
      await redis.set(`lock-${jobId}`, 'c')
      await beginAttempt(api.store, { jobId, fence: 2, attemptId: 'c', lock: lock('c') })
      t.equal((await calls(jobId, logEpoch, 14).messages()).status, 409)
      t.equal((await calls(jobId, logEpoch, 14).ack()).status, 409)
      await attempts.end(jobId, 9, { status: 'failed' })
    }
  },
)

t.test('an attempt that holds its lock over a restart of Redis goes on under its epoch', onRealRedis, async (t) => {
  const { jobId, logEpoch } = await startPending()
  await redis.set(`lock-${jobId}`, 'a')
  const lock = { key: `lock-${jobId}`, token: 'a' }
  const begun = await beginAttempt(api.store, { jobId, fence: 1, attemptId: 'a', lock })
  const first = await commitTo(api.store, begun, '1-1', commitOf(1, 2))
  await redis.save()
  await goBack()
  const second = await commitTo(api.store, first, '1-2', commitOf(3, 2))
  const by = { attemptId: 'a', lock, written: second }
  t.equal(await attempts.end(jobId, 1, { status: 'failed' }, by), 'DONE')
  t.match(await call('GET', `/jobs/${jobId}`), { body: { logEpoch } })
})

t.test(
  'an attempt from before a restore neither gives back nor ends the job of the one that has it',
  onRealRedis,
  async (t) => {
    const { jobId } = await startPending()
    await beginAttempt(api.store, { jobId, fence: 1, attemptId: 'a' })
    await redis.save()
    const before = await beginAttempt(api.store, { jobId, fence: 3, attemptId: 'z' })
    await goBack()
    await beginAttempt(api.store, { jobId, fence: 2, attemptId: 'b' })
    t.same(await attempts.release(before, 'counted'), { outcome: 'FENCED' })
    t.equal(await attempts.end(jobId, 3, { status: 'failed' }, { attemptId: 'z' }), 'FENCED')
    t.match(await call('GET', `/jobs/${jobId}`), { body: { status: 'running' } })
    await attempts.end(jobId, 9, { status: 'failed' })
  },
)

t.test(
  'the states at the end of a log that has gone back are given out only to those who name the log',
  onRealRedis,
  async (t) => {
    const { jobId, logEpoch } = await startPending()
    const begun = await beginAttempt(api.store, { jobId, fence: 1, attemptId: 'a' })
    await redis.save()
    await commitTo(api.store, begun, '1-1', commitOf(1, 10))
    await attempts.end(jobId, 1, { status: 'succeeded' })
    t.equal((await calls(jobId, logEpoch, 11).messages()).status, 200)
    await goBack()
    const again = await beginAttempt(api.store, { jobId, fence: 2, attemptId: 'b' })
    await commitTo(api.store, again, '2-1', commitOf(1, 50))
    await attempts.end(jobId, 2, { status: 'succeeded' })
    const now = ((await call('GET', `/jobs/${jobId}`)).body as Made).logEpoch
    t.match(await call('GET', `/jobs/${jobId}/state?epoch=${logEpoch}`), { status: 409, body: { code: 'log_rewound' } })
    t.match(await call('GET', `/jobs/${jobId}/state`), { status: 409 })
    t.equal((await call('GET', `/jobs/${jobId}/state?epoch=${now}`)).status, 200)
  },
)

t.test('no id comes again, whatever Redis has lost', async (t) => {
  const ids = new Set<number>()
  const note = async () => {
    const { jobId } = await startJob()
    t.notOk(ids.has(jobId))
    t.ok([...ids].every((id) => id < jobId))
    ids.add(jobId)
    await attempts.end(jobId, 1, { status: 'failed' })
  }
  for (let made = 0; made < 3; made++) await note()
  const [runId, lastId] = await redis.mget(keyspace.lastJobRunId, keyspace.lastJobId)
  await redis.flushall()
  await note()
  // A copy of before, put back into another Redis process.
  await redis.mset(keyspace.lastJobRunId, `other-than-${runId}`, keyspace.lastJobId, String(Number(lastId) - 2))
  for (let made = 0; made < 3; made++) await note()
})
