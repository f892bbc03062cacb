import t, { type Test } from 'tap'
import { startApp, type TestApp } from '../support/app.ts'
import { startRedis } from '../support/redis.ts'
import { wholeLog } from '../support/worker.ts'
import { openStream } from './stream-client.ts'

const server = await startRedis(t)
const commits = 120
const recordsPerCommit = 3000

/** An app that counts what it reads of logs, and a job of about 30 MB of NDJSON. */
async function startCounting(t: Test, limits = {}) {
  const read = { times: 0, bytes: 0 }
  const api = await startApp(t, server, {
    limits,
    wrapMessages: (messages) => ({
      ...messages,
      async read(...range) {
        const page = await messages.read(...range)
        read.times++
        read.bytes += page.body.length
        return page
      },
    }),
  })
  const jobId = await api.createJob()
  const worker = await api.work(jobId)
  for (let commit = 0; commit < commits; commit++) await worker.commit(recordsPerCommit)
  await worker.end()
  const { bytesSynced } = await api.store.jobs.read('default', jobId)
  return { api, jobId, read, bytesSynced }
}

/** Reads the whole log beside the API: time enough for a reader of the API that nothing holds back to do the same. */
const readBeside = ({ store }: TestApp, jobId: number) => wholeLog(store, jobId, 100_000)

t.test('a reader that stalls stops the reading of the log, and gets everything when it goes on', async (t) => {
  const { api, jobId, read, bytesSynced } = await startCounting(t)
  t.ok(bytesSynced > 20_000_000, `${bytesSynced} bytes`)
  const reader = await openStream(`${api.url}/v1/jobs/${jobId}/messages`, { paused: true })
  await readBeside(api, jobId)
  t.ok(read.bytes < bytesSynced / 2, `${read.bytes} bytes in ${read.times} reads, the rest is not touched`)
  let received = 0
  reader.response.on('data', (piece: Buffer) => {
    received += piece.length
  })
  t.equal(await reader.finished, 'end')
  t.equal(received, bytesSynced)
})

t.test('a shutdown does not wait for a reader that stalls longer than the limit', async (t) => {
  const { api, jobId } = await startCounting(t, { flushMs: 50 })
  const reader = await openStream(`${api.url}/v1/jobs/${jobId}/messages`, { paused: true })
  await readBeside(api, jobId)
  await api.app.close()
  reader.response.resume()
  t.equal(await reader.finished, 'cut')
})

t.test('a shutdown lets a reader that still reads have what was sent, to a whole line', async (t) => {
  const { api, jobId } = await startCounting(t, { flushMs: 5000 })
  const reader = await openStream(`${api.url}/v1/jobs/${jobId}/messages`, { paused: true })
  const whole = await readBeside(api, jobId)
  const pieces: Buffer[] = []
  reader.response.on('data', (piece: Buffer) => pieces.push(piece))
  await api.app.close()
  t.equal(await reader.finished, 'cut')
  const text = Buffer.concat(pieces).toString()
  t.ok(text.endsWith('\n'))
  t.ok(whole.startsWith(text))
  t.ok(text.length < whole.length)
})
