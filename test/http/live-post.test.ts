import t from 'tap'
import { startApp, type TestApp } from '../support/app.ts'
import { jobKey } from '../support/keys.ts'
import { createManualClock } from '../support/manual-clock.ts'
import { untilHolds } from '../support/polling.ts'
import { startRedis } from '../support/redis.ts'
import { recordLine } from '../support/store.ts'
import { countLines, openStream, type StreamCall } from './stream-client.ts'

const server = await startRedis(t)
const api = await startApp(t, server)

const body = JSON.stringify({ config: { access_token: 'token-of-a-test' }, streams: ['tags'] })
const headers = { 'content-type': 'application/json', accept: 'application/x-ndjson' }

const postLive = (query = '', to: TestApp = api) =>
  openStream(`${to.url}/v1/jobs${query}`, { method: 'POST', headers, body })

const jobIdOf = ({ headers }: StreamCall) => Number(headers.location?.match(/^\/v1\/jobs\/(\d+)$/)?.[1])

/** The status once it is another than `pending`; fails by the timeout of the test if it stays. */
async function statusAfterPending(jobId: number): Promise<string> {
  const job = await api.store.jobs.readWhenChanged('default', jobId, 60_000, AbortSignal.timeout(60_000))
  return job.status
}

const record = (jobId: number) => api.store.redis.hgetall(jobKey(jobId, 'record'))
const readers = (jobId: number) => api.store.redis.zcard(jobKey(jobId, 'readers'))

/** Resolves when `holds` does after one of the app's next calls to the store. */
async function untilReaders(jobId: number, count: number): Promise<void> {
  await untilHolds(async () => (await readers(jobId)) === count)
}

t.test('a live job gives its messages as they come, and a proper end', async (t) => {
  const live = await postLive()
  const jobId = jobIdOf(live)
  t.equal(live.status, 200)
  t.equal(live.headers['content-type'], 'application/x-ndjson')
  t.equal(live.headers.vary, 'Accept, Accept-Encoding')
  t.equal(live.headers['log-epoch'], (await api.store.jobs.read('default', jobId)).logEpoch)
  const worker = await api.work(jobId)
  await worker.commit(2)
  await live.until((text) => text.startsWith(recordLine(1) + recordLine(2)))
  await worker.end()
  t.equal(await live.finished, 'end')
  t.equal(countLines(live.text()), (await api.store.jobs.read('default', jobId)).messageCount)
})

t.test('with no grace a job is cancelled as soon as its client hangs up', async (t) => {
  const live = await postLive('?grace=0')
  const jobId = jobIdOf(live)
  live.leave()
  t.equal(await statusAfterPending(jobId), 'cancelled')
})

t.test('within the grace a job goes on; it has been counted since the client hung up', async (t) => {
  const live = await postLive()
  const jobId = jobIdOf(live)
  t.equal(await readers(jobId), 1)
  t.equal((await record(jobId)).graceMs, '30000')
  live.leave()
  await untilReaders(jobId, 0)
  const [seconds, micros] = (await api.store.redis.time()).map(Number)
  const now = (seconds ?? 0) * 1000 + (micros ?? 0) / 1000
  t.ok(Number((await record(jobId)).readersUntil) <= now)
  t.equal((await api.store.jobs.read('default', jobId)).status, 'pending')
})

t.test('a job that nobody comes back to ends with its grace, and not with the next look of a reconciler', async (t) => {
  // A Redis that has just started gives all readers the time of a lease: a short one here.
  const brief = await startApp(t, server, { keys: api.store.keys, readerLeaseMs: 100 })
  const live = await postLive('?grace=1', brief)
  const jobId = jobIdOf(live)
  const since = performance.now()
  live.leave()
  // No reconciler runs here.
  t.equal(await statusAfterPending(jobId), 'cancelled')
  const tookMs = performance.now() - since
  // docs/operations.md names the grace and a second, where the machine has CPU to spare.
  t.ok(tookMs >= 1000 && tookMs < 20_000, `${Math.round(tookMs)} ms`)
})

t.test('a second reader takes a job over, even with no grace', async (t) => {
  const live = await postLive('?grace=0')
  const jobId = jobIdOf(live)
  const heir = await openStream(`${api.url}/v1/jobs/${jobId}/messages?after=0`)
  t.equal(await readers(jobId), 2)
  live.leave()
  await untilReaders(jobId, 1)
  t.equal((await api.store.jobs.read('default', jobId)).status, 'pending')
  heir.leave()
  t.equal(await statusAfterPending(jobId), 'cancelled')
})

t.test('a reader that does not follow is no reader to live for', async (t) => {
  const live = await postLive('?grace=0')
  const jobId = jobIdOf(live)
  const look = await openStream(`${api.url}/v1/jobs/${jobId}/messages?follow=false`)
  t.equal(await look.finished, 'end')
  t.equal(await readers(jobId), 1)
  live.leave()
  t.equal(await statusAfterPending(jobId), 'cancelled')
})

t.test('a detached job does not depend on its client', async (t) => {
  const live = await postLive('?detach=true&grace=0')
  const jobId = jobIdOf(live)
  t.equal((await record(jobId)).graceMs ?? '', '')
  const worker = await api.work(jobId)
  await worker.commit(1)
  await live.until((text) => countLines(text) === 2)
  live.leave()
  await worker.commit(1)
  await worker.end()
  t.equal((await api.store.jobs.read('default', jobId)).status, 'failed')
})

t.test('a job that no live call started does not depend on those who follow it', async (t) => {
  const jobId = await api.createJob()
  const reader = await openStream(`${api.url}/v1/jobs/${jobId}/messages`)
  t.equal(await readers(jobId), 0)
  reader.leave()
  const worker = await api.work(jobId)
  await worker.end()
  t.equal((await api.store.jobs.read('default', jobId)).status, 'failed')
})

t.test('an orderly close of the server cuts the reader, and its job waits for it', async (t) => {
  const closing = await startApp(t, server, { keys: api.store.keys })
  const live = await postLive('?grace=0', closing)
  const jobId = jobIdOf(live)
  await (await closing.work(jobId)).commit(3)
  await live.until((text) => countLines(text) === 4)
  closing.closing.abort()
  t.equal(await live.finished, 'cut')
  t.ok(live.text().endsWith('\n'))
  await closing.app.close()
  const { graceMs, readersUntil } = await record(jobId)
  t.equal(graceMs, '0', 'it still depends on a reader')
  t.ok(Number(readersUntil) > Date.now() + 100_000, 'which is awaited by the time the server is closed')
  t.equal((await api.store.jobs.read('default', jobId)).status, 'running')

  const back = await openStream(`${api.url}/v1/jobs/${jobId}/messages`)
  await back.until((text) => countLines(text) === 4)
  back.leave()
  await back.finished
  await untilHolds(async () => Boolean((await record(jobId)).cancelReason))
  t.equal((await record(jobId)).cancelReason, 'abandoned', 'and then grace counts as before')
})

t.test('a reader that stays renews its lease', async (t) => {
  const clock = createManualClock()
  const timed = await startApp(t, server, { clock })
  const live = await postLive('', timed)
  const jobId = jobIdOf(live)
  for (let renewals = 0; renewals < 3; renewals++) {
    await clock.untilAsleep(5000)
    // A value that no renewal writes: two of them may fall into the same millisecond.
    await api.store.redis.hset(jobKey(jobId, 'record'), 'readersUntil', 0)
    clock.advance(5000)
    await untilHolds(async () => (await record(jobId)).readersUntil !== '0')
  }
  live.leave()
  await untilReaders(jobId, 0)
  t.equal((await api.store.jobs.read('default', jobId)).status, 'pending')
})

t.test('a live job breaks its silence with blank lines only where they are asked for', async (t) => {
  const clock = createManualClock()
  const timed = await startApp(t, server, { clock, keys: api.store.keys })
  const asked = await postLive('?heartbeat=7', timed)
  const silent = await postLive('', timed)
  for (const beats of [1, 2]) {
    await clock.untilAsleep(7000)
    clock.advance(7000)
    await asked.until((text) => text === '\n'.repeat(beats))
  }
  for (const live of [asked, silent]) {
    const worker = await timed.work(jobIdOf(live))
    await worker.commit(1)
    await worker.end()
    t.equal(await live.finished, 'end')
  }
  t.equal(silent.text().split('\n')[0], recordLine(1).trimEnd())
  for (const wrong of ['-1', '3601', 'x']) t.equal((await postLive(`?heartbeat=${wrong}`)).status, 400, wrong)
})
