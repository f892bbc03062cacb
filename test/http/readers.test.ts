import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import t, { type Test } from 'tap'
import { digestKey } from '../../src/store/secrets/api-key.ts'
import { startApp, type TestApp } from '../support/app.ts'
import { jobKey } from '../support/keys.ts'
import { untilHolds } from '../support/polling.ts'
import { startRedis } from '../support/redis.ts'
import { wholeLog } from '../support/worker.ts'
import { openStream } from './stream-client.ts'

const server = await startRedis(t)

/** A log that no socket's buffers hold. */
async function startWithLog(t: Test, options: Parameters<typeof startApp>[2] = {}) {
  const api = await startApp(t, server, options)
  const jobId = await api.createJob({ graceMs: 0 })
  const worker = await api.work(jobId)
  for (let commit = 0; commit < 60; commit++) await worker.commit(3000)
  return { api, jobId, worker }
}

const isLogged = ({ logged }: TestApp, text: string) => logged.filter((line) => line.includes(text)).length

t.test('a reader that takes nothing is cut off so that it can tell, and the job waits for it', async (t) => {
  const { api, jobId, worker } = await startWithLog(t, { limits: { stalledReaderMs: 300 } })
  const stalled = await openStream(`${api.url}/v1/jobs/${jobId}/messages`, { paused: true })
  const pieces: Buffer[] = []
  await untilHolds(() => isLogged(api, 'the reader has taken nothing for 0.3 s') === 1)
  stalled.response.on('data', (piece: Buffer) => pieces.push(piece))
  t.equal(await stalled.finished, 'cut')

  const awaitedFor = async () =>
    Number(await api.store.redis.hget(jobKey(jobId, 'record'), 'readersUntil')) - Date.now()
  await untilHolds(async () => (await awaitedFor()) > 100_000)

  const held = Buffer.concat(pieces).toString()
  const lines = held.slice(0, held.lastIndexOf('\n') + 1)
  const whole = await wholeLog(api.store, jobId, 100_000)
  t.ok(lines.length > 0 && lines.length < whole.length)
  t.ok(whole.startsWith(lines), 'whole lines from the beginning')
  await worker.end()
  const after = lines.split('\n').length - 1
  const rest = await (await api.fetch(`/v1/jobs/${jobId}/messages?after=${after}`)).text()
  t.equal(lines + rest, await wholeLog(api.store, jobId, 100_000), 'it reads on where it was')
})

t.test('a reader that takes all but the end is cut off as well', async (t) => {
  const { api, jobId, worker } = await startWithLog(t, { limits: { stalledReaderMs: 300 } })
  await worker.end()
  await openStream(`${api.url}/v1/jobs/${jobId}/messages?after=90000`, { paused: true })
  await untilHolds(() => isLogged(api, 'the reader has taken nothing') === 1)
  t.equal((await api.fetch('/health/live')).status, 200)
})

t.test('when memory is needed, the reader that has stalled for longest gives way', async (t) => {
  const { api, jobId } = await startWithLog(t, { limits: { unsentBytes: 2_000_000 } })
  const open = () => openStream(`${api.url}/v1/jobs/${jobId}/messages`, { paused: true })
  const first = await open()
  // Others come only when it stalls, and so many that their pieces are too much together.
  await wholeLog(api.store, jobId, 100_000)
  const others = await Promise.all(Array.from({ length: 10 }, open))
  await untilHolds(() => isLogged(api, 'the memory of a reader that takes nothing is needed') > 0)
  first.response.resume()
  t.equal(await first.finished, 'cut')
  const reading = await openStream(`${api.url}/v1/jobs/${jobId}/messages?follow=false`)
  t.equal(await reading.finished, 'end', 'one that reads gets all of it')
  for (const other of others) other.leave()
})

t.test('a key, and a process, has so many readers and no more, until one leaves', async (t) => {
  const apiKeys = ['a', 'b'].map((key) => ({ tenant: 'default', digest: digestKey(key) }))
  const api = await startApp(t, server, { limits: { readers: 3, readersPerKey: 2 }, apiKeys })
  const jobId = await api.createJob()
  const open = (key: string) =>
    openStream(`${api.url}/v1/jobs/${jobId}/messages`, { headers: { authorization: `Bearer ${key}` } })
  const [one, two, three] = [await open('a'), await open('a'), await open('b')]
  t.same(
    [one, two, three].map(({ status }) => status),
    [200, 200, 200],
  )
  const ofKey = await open('a')
  t.match([ofKey.status, ofKey.headers['retry-after']], [429, '5'])
  await ofKey.finished
  t.match(JSON.parse(ofKey.text()), { code: 'too_many_readers' })
  const ofProcess = await open('b')
  t.match([ofProcess.status, ofProcess.headers['retry-after']], [503, '5'])
  one.leave()
  await untilHolds(async () => {
    const again = await open('a')
    if (again.status === 200) return true
    await again.finished
    return false
  })
})

async function connectTo(api: TestApp): Promise<Socket> {
  const accepted = once(api.app.server, 'connection')
  const socket = connect(api.port, '127.0.0.1').on('error', () => undefined)
  await accepted
  return socket
}

t.test('above the limit of sockets the one that is idle for longest gives way', async (t) => {
  const api = await startApp(t, server, { limits: { sockets: 3 } })
  const [first, second] = [await connectTo(api), await connectTo(api)]
  const jobId = await api.createJob()
  const reader = await openStream(`${api.url}/v1/jobs/${jobId}/messages?heartbeat=1`)
  const closed = once(first, 'close')
  const third = await connectTo(api)
  await closed
  t.notOk(second.destroyed, 'a younger one stays')
  const secondClosed = once(second.resume(), 'close')
  const response = await openStream(`${api.url}/health/live`)
  t.equal(response.status, 200, 'another caller is served')
  await secondClosed
  await reader.until((text) => text.length > 0)
  t.pass('one that reads is not idle')
  third.destroy()
  reader.leave()
})

t.test('when all sockets are busy, a new caller is told so, and operators are answered', async (t) => {
  const api = await startApp(t, server, { limits: { sockets: 2 } })
  const jobId = await api.createJob()
  const path = `${api.url}/v1/jobs/${jobId}/messages`
  const readers = [await openStream(path), await openStream(path)]
  // More than are taken beside the busy ones: those that send nothing give way to each other.
  const silent: Socket[] = []
  while (silent.length < 18) silent.push(await connectTo(api))
  for (const call of ['/v1/jobs', '/openapi.json']) {
    const refused = await openStream(api.url + call)
    t.match([refused.status, refused.headers.connection, refused.headers['retry-after']], [503, 'close', '5'], call)
    await refused.finished
    t.match(JSON.parse(refused.text()), { code: 'overloaded' })
  }
  for (const call of ['/health/live', '/health/ready', '/metrics']) {
    const answered = await openStream(api.url + call)
    t.match([answered.status, answered.headers.connection], [200, 'close'], call)
    await answered.finished
  }
  for (const socket of silent) socket.destroy()
  for (const reader of readers) reader.leave()
  await untilHolds(async () => {
    const served = await openStream(`${api.url}/v1/jobs`)
    await served.finished
    return served.status === 200
  })
})
