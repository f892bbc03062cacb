import t from 'tap'
import { startApp, type TestApp } from '../support/app.ts'
import { changedChannel, jobKey } from '../support/keys.ts'
import { createManualClock } from '../support/manual-clock.ts'
import { startRedis } from '../support/redis.ts'
import { recordLine } from '../support/store.ts'
import { countLines, openStream } from './stream-client.ts'

const server = await startRedis(t)
const api = await startApp(t, server)

const path = (jobId: number, query = '') => `/v1/jobs/${jobId}/messages${query}`

async function endedJob(of: TestApp = api, commits = [3, 1, 5, 2]): Promise<number> {
  const jobId = await of.createJob()
  const worker = await of.work(jobId)
  for (const records of commits) await worker.commit(records)
  await worker.end()
  return jobId
}

t.test('every offset of a log gives exactly the rest of it', async (t) => {
  const jobId = await endedJob()
  const whole = await (await api.fetch(path(jobId))).text()
  const lines = whole.split('\n').slice(0, -1)
  const { messageCount } = await api.store.jobs.read('default', jobId)
  t.equal(lines.length, messageCount)
  for (let after = 0; after <= lines.length; after++) {
    const rest = lines.slice(after).map((line) => `${line}\n`)
    for (const follow of [true, false]) {
      const response = await api.fetch(path(jobId, `?after=${after}&follow=${follow}`))
      t.equal(response.status, 200)
      t.equal(await response.text(), rest.join(''), `after=${after} follow=${follow}`)
    }
  }
})

t.test('messages whose encryption key is gone are not to be had, and the answer names the key', async (t) => {
  const jobId = await endedJob()
  const { redis } = api.store
  const wrapped = (await redis.get(jobKey(jobId, 'dataKey'))) ?? ''
  await redis.set(jobKey(jobId, 'dataKey'), wrapped.replace(/^v1\.[^.]+/, 'v1.gone'))
  const response = await api.fetch(path(jobId))
  const problem = { code: 'seal_broken', detail: /encryption key "gone"/ }
  t.match({ status: response.status, body: await response.json() }, { status: 500, body: problem })
})

t.test('the answer is NDJSON that nothing on the way may keep or hold back', async (t) => {
  const jobId = await endedJob()
  const response = await api.fetch(path(jobId))
  const { logEpoch } = await api.store.jobs.read('default', jobId)
  t.equal(response.headers.get('content-type'), 'application/x-ndjson')
  t.equal(response.headers.get('cache-control'), 'no-store')
  t.equal(response.headers.get('x-accel-buffering'), 'no')
  t.equal(response.headers.get('log-epoch'), logEpoch)
  await response.text()
})

t.test('a follower gets messages as they are committed, and a proper end when the job has ended', async (t) => {
  const jobId = await api.createJob()
  const reader = await openStream(api.url + path(jobId))
  t.equal(reader.status, 200, 'the headers come before the first message')
  const worker = await api.work(jobId)
  for (const total of [1, 2, 3]) {
    await worker.commit(1)
    await reader.until((text) => text.includes(recordLine(total)))
  }
  await worker.end()
  t.equal(await reader.finished, 'end')
  const { messageCount } = await api.store.jobs.read('default', jobId)
  t.equal(countLines(reader.text()), messageCount)
})

t.test('without follow the body ends at what is there, though the job runs on', async (t) => {
  const jobId = await api.createJob()
  const worker = await api.work(jobId)
  await worker.commit(2)
  const reader = await openStream(api.url + path(jobId, '?follow=false'))
  t.equal(await reader.finished, 'end')
  t.equal(countLines(reader.text()), 3)
})

t.test('an offset beyond the end is refused with the number of messages there are', async (t) => {
  const running = await api.createJob()
  await (await api.work(running)).commit(2)
  for (const jobId of [running, await endedJob()]) {
    const { messageCount } = await api.store.jobs.read('default', jobId)
    const response = await api.fetch(path(jobId, `?after=${messageCount + 1}`))
    t.equal(response.status, 416)
    t.match(await response.json(), { code: 'offset_out_of_range', status: 416, messageCount })
  }
})

t.test('a reader of another epoch is told so before anything is said about its offset', async (t) => {
  const jobId = await endedJob()
  const { logEpoch, messageCount } = await api.store.jobs.read('default', jobId)
  const response = await api.fetch(path(jobId, `?after=${messageCount + 1}&epoch=other`))
  t.equal(response.status, 409)
  t.match(await response.json(), { code: 'log_rewound', logEpoch, messageCount })
  const same = await api.fetch(path(jobId, `?after=${messageCount}&epoch=${logEpoch}`))
  t.equal(same.status, 200)
  t.equal(await same.text(), '')
})

t.test('messages that are no longer kept are gone, not missing', async (t) => {
  const jobId = await endedJob()
  const keys = (await api.store.redis.keys(`*{job:${jobId}}*`)).filter((key) => !key.endsWith(':record'))
  await api.store.redis.del(keys)
  const response = await api.fetch(path(jobId))
  t.equal(response.status, 410)
  t.match(await response.json(), { code: 'log_gone', status: 410 })
})

t.test('a log that goes away or back while it is followed is a cut after a whole line', async (t) => {
  const losses: [what: string, lose: (jobId: number) => Promise<unknown>][] = [
    ['rewound', (jobId) => api.store.redis.hset(jobKey(jobId, 'record'), 'epoch', 'another')],
    ['gone', (jobId) => api.store.redis.del(jobKey(jobId, 'dataKey'))],
    ['no such job', (jobId) => api.store.redis.del(jobKey(jobId, 'record'))],
  ]
  for (const [what, lose] of losses) {
    const jobId = await api.createJob()
    const worker = await api.work(jobId)
    await worker.commit(2)
    const reader = await openStream(api.url + path(jobId))
    await reader.until((text) => countLines(text) === 3)
    await lose(jobId)
    await api.store.redis.publish(changedChannel(jobId), '')
    t.equal(await reader.finished, 'cut', what)
    t.equal(reader.text(), `${recordLine(1)}${recordLine(2)}${reader.text().split('\n')[2]}\n`)
  }
})

t.test('silence is broken by blank lines only where they are asked for, and they are not counted', async (t) => {
  const clock = createManualClock()
  const timed = await startApp(t, server, { clock })
  const jobId = await timed.createJob()
  const worker = await timed.work(jobId)
  await worker.commit(1)
  const asked = await openStream(timed.url + path(jobId, '?heartbeat=7'))
  const silent = await openStream(timed.url + path(jobId))
  await Promise.all([asked, silent].map((reader) => reader.until((text) => countLines(text) === 2)))
  for (const beats of [1, 2, 3]) {
    await clock.untilAsleep(7000)
    clock.advance(7000)
    await asked.until((text) => text.endsWith('\n'.repeat(beats + 1)))
  }
  await worker.commit(1)
  await worker.end()
  t.equal(await asked.finished, 'end')
  t.equal(await silent.finished, 'end')
  t.equal(asked.text().replace('\n\n\n\n', '\n'), silent.text())
})

t.test('a client that hangs up leaves no subscription behind', async (t) => {
  let subscriptions = 0
  let unsubscribed: () => void = () => undefined
  const counted = await startApp(t, server, {
    wrapMessages: (messages) => ({
      ...messages,
      subscribe(jobId, listener) {
        subscriptions++
        const unsubscribe = messages.subscribe(jobId, listener)
        return () => {
          unsubscribe()
          subscriptions--
          unsubscribed()
        }
      },
    }),
  })
  const jobId = await counted.createJob()
  const readers = await Promise.all(Array.from({ length: 20 }, () => openStream(counted.url + path(jobId))))
  await (await counted.work(jobId)).commit(1)
  await Promise.all(readers.map((reader) => reader.until((text) => countLines(text) === 2)))
  t.equal(subscriptions, 20)
  const allGone = new Promise<void>((resolve) => {
    unsubscribed = () => subscriptions === 0 && resolve()
  })
  for (const reader of readers) reader.leave()
  await allGone
  t.notOk(counted.logged.some((line) => line.includes('MaxListenersExceeded')))
})
