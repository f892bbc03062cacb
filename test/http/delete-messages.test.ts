import t from 'tap'
import { createSyncQueue } from '../../src/queue/sync-queue.ts'
import { startApp } from '../support/app.ts'
import { keyspace } from '../support/keys.ts'
import { startRedis } from '../support/redis.ts'
import { allValues } from '../support/redis-values.ts'
import { openStream } from './stream-client.ts'

const server = await startRedis(t)
const redis = server.connect()
const queue = createSyncQueue(server.connect(), () => undefined)
const api = await startApp(t, server, { dequeue: queue.dequeue })
t.teardown(() => queue.close())

const problem = async (response: Response) => ({ status: response.status, ...((await response.json()) as object) })
const remove = (jobId: number, query = '') => api.fetch(`/v1/jobs/${jobId}/messages${query}`, { method: 'DELETE' })
const keysOf = async (jobId: number) => (await redis.keys(`*{job:${jobId}}*`)).map((key) => key.split(':').at(-1))

/** A job with messages, ended. */
async function endedJob(tenant = 'default'): Promise<number> {
  const jobId = await api.createJob({ tenant })
  await queue.enqueue(jobId)
  const worker = await api.work(jobId)
  await worker.commit(3)
  await worker.commit(2)
  await worker.end()
  return jobId
}

t.test('deleting removes all that a job has in Redis but its record, and a second time changes nothing', async (t) => {
  const jobId = await endedJob()
  const log = `intercom-sync:{job:${jobId}}:log`
  const [[, [, sealed = Buffer.alloc(0)]] = ['', []]] = await redis.xrangeBuffer(log, '-', '+', 'COUNT', 1)
  const blob = sealed.toString('latin1')
  const dataKey = (await redis.get(`intercom-sync:{job:${jobId}}:data-key`)) ?? ''
  const before = await allValues(redis)
  t.ok(blob.length > 20 && before.includes(dataKey) && before.includes(blob))
  t.ok(before.includes(`job-${jobId}`), 'the queue has it')
  const shown = (await (await api.fetch(`/v1/jobs/${jobId}`)).json()) as object

  for (const time of ['first', 'second']) {
    const answer = await remove(jobId)
    t.equal(answer.status, 204, time)
    t.equal(await answer.text(), '')
  }
  t.same(await keysOf(jobId), ['record'])
  const after = await allValues(redis)
  t.notOk(after.includes(dataKey) || after.includes(blob), 'neither the messages nor their key')
  t.notOk((await redis.keys(`${keyspace.queuePrefix}*job-${jobId}*`)).length, 'nor the entry of the queue')
  t.same(await (await api.fetch(`/v1/jobs/${jobId}`)).json(), shown, 'the job is as it was')
  t.ok(((await redis.pttl(`intercom-sync:{job:${jobId}}:record`)) ?? 0) > 0, 'and is forgotten in its time')
})

t.test('whoever reads or acknowledges afterwards is told that the messages are gone', async (t) => {
  const connection = { config: { access_token: 'x' }, streams: ['contacts'] }
  const json = { 'content-type': 'application/json' }
  await api.fetch('/v1/connections/c?validate=false', {
    method: 'PUT',
    headers: json,
    body: JSON.stringify(connection),
  })
  const started = await api.fetch('/v1/jobs', { method: 'POST', headers: json, body: '{"connectionId":"c"}' })
  const { jobId } = (await started.json()) as { jobId: number }
  const worker = await api.work(jobId)
  await worker.commit(3)
  const ack = (offset: number) =>
    api.fetch(`/v1/jobs/${jobId}/ack`, { method: 'POST', headers: json, body: JSON.stringify({ offset }) })
  t.equal((await ack(4)).status, 200)
  await worker.commit(2)
  await worker.end()
  t.equal((await remove(jobId)).status, 204)
  const gone = { status: 410, code: 'log_gone' }
  t.match(await problem(await api.fetch(`/v1/jobs/${jobId}/messages`)), gone)
  t.match(await problem(await api.fetch(`/v1/jobs/${jobId}/messages?after=7&follow=false`)), gone)
  t.match(await problem(await api.fetch(`/v1/jobs/${jobId}/state`)), gone)
  t.match(await problem(await ack(7)), gone)
  const state = await (await api.fetch('/v1/connections/c/state')).json()
  t.match(state, [{ stream: { stream_state: { updated_at: 3 } } }], 'what was acknowledged before holds')
})

t.test('a reader under way is cut off, and told why when it comes back', async (t) => {
  const jobId = await api.createJob()
  const worker = await api.work(jobId)
  for (let commit = 0; commit < 60; commit++) await worker.commit(1500)
  await worker.end()
  const reader = await openStream(`${api.url}/v1/jobs/${jobId}/messages`, { paused: true })
  t.equal(reader.status, 200)
  t.equal((await remove(jobId)).status, 204)
  reader.response.resume()
  t.equal(await reader.finished, 'cut', 'it does not look whole')
  t.match(await problem(await api.fetch(`/v1/jobs/${jobId}/messages?after=1`)), { status: 410, code: 'log_gone' })
})

t.test('a job that runs keeps its messages, and so does that of another tenant or epoch', async (t) => {
  const jobId = await api.createJob()
  t.match(await problem(await remove(jobId)), { status: 409, code: 'job_running' })
  const worker = await api.work(jobId)
  await worker.commit(3)
  t.match(await problem(await remove(jobId)), { status: 409, code: 'job_running', detail: /cancel it first/ })
  await worker.end()
  t.match(await problem(await remove(jobId, '?epoch=other')), { status: 409, code: 'log_rewound' })
  t.equal((await (await api.fetch(`/v1/jobs/${jobId}/messages`)).text()).trim().split('\n').length > 3, true)

  const other = await endedJob('other')
  t.match(await problem(await remove(other)), { status: 404, code: 'job_not_found' })
  t.match(await problem(await remove(999_999)), { status: 404, code: 'job_not_found' })
  t.ok((await keysOf(other)).includes('log'))
})
