import t from 'tap'
import { jobKey, sharedKeys } from '../../src/store/keys.ts'
import { startApp } from '../support/app.ts'
import { startRedis } from '../support/redis.ts'
import { beginAttempt, commitOf } from '../support/store.ts'
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

/** A job of the connection `kept`, with three messages in its log. */
async function startJob(): Promise<Made> {
  await call('PUT', '/connections/kept', { config: { access_token: 'x' }, streams: ['contacts'] })
  const { status, body } = await call('POST', '/jobs', { connectionId: 'kept' })
  if (status !== 202) throw new Error(`no job was made: ${status}`)
  const { jobId, logEpoch } = body as Made
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
  const [runId, lastId] = await redis.mget(sharedKeys.lastJobRunId, sharedKeys.lastJobId)
  await redis.flushall()
  // Ids come again only if somebody makes them.
  await redis.mset(sharedKeys.lastJobRunId, String(runId), sharedKeys.lastJobId, String(Number(lastId) - 1))
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
  await call('PUT', '/connections/kept', { config: { access_token: 'x' }, streams: ['contacts'] })
  const made = (await call('POST', '/jobs', { connectionId: 'kept' })).body as Made
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
  const [runId, lastId] = await redis.mget(sharedKeys.lastJobRunId, sharedKeys.lastJobId)
  await redis.flushall()
  await note()
  // A copy of before, put back into another Redis process.
  await redis.mset(sharedKeys.lastJobRunId, `other-than-${runId}`, sharedKeys.lastJobId, String(Number(lastId) - 2))
  for (let made = 0; made < 3; made++) await note()
})
