import { Queue } from 'bullmq'
import t from 'tap'
import { systemClock } from '../../src/clock.ts'
import { createMetrics } from '../../src/metrics.ts'
import { collectFigures } from '../../src/queue/figures.ts'
import { syncQueueName } from '../../src/queue/sync-queue.ts'
import { startApp } from '../support/app.ts'
import { connectionKey, jobKey, keyspace } from '../support/keys.ts'
import { startRedis } from '../support/redis.ts'
import { beginAttempt, commitOf, commitTo, tenant as storeTenant, syncRequest } from '../support/store.ts'
import { countingSync, openService, untilEnded } from '../support/worker.ts'

const server = await startRedis(t)
const api = await startApp(t, server)
const { store } = api
const tenant = 'default'

const read = async (path: string) => {
  const response = await api.fetch(`/v1${path}`)
  return {
    status: response.status,
    body: (await response.json()) as Record<string, unknown> & { data: { jobId: number }[] },
  }
}
const unreadable = (detail: RegExp) => ({ status: 500, body: { code: 'data_unreadable', detail } })
const settings = { config: syncRequest().config, catalog: { streams: [] } }

t.test('a record of a later version, or a damaged one, is told as such and hides no other job', async (t) => {
  const [whole, later, damaged, torn] = [
    await api.createJob(),
    await api.createJob(),
    await api.createJob(),
    await api.createJob(),
  ]
  await store.redis.hset(jobKey(later, 'record'), 'v', '2')
  await store.redis.hset(jobKey(damaged, 'record'), 'createdAt', 'secret-of-a-record')
  await store.redis.hset(jobKey(torn, 'record'), 'streams', '[{"streamName":')
  t.match(await read(`/jobs/${later}`), unreadable(/record of job \d+ is of version "2".*update intercom-sync/))
  const answer = await read(`/jobs/${damaged}`)
  t.match(answer, unreadable(/createdAt": must be a number/))
  t.notMatch(JSON.stringify(answer), /secret-of-a-record/)
  t.match(await read(`/jobs/${torn}`), unreadable(/streams\) is no JSON/))
  t.equal((await read(`/jobs/${whole}`)).status, 200)
  const { body } = await read('/jobs')
  t.same(
    body.data.map(({ jobId }) => jobId),
    [whole],
  )
})

t.test('what a later version has added to a record is left as it is', async (t) => {
  const jobId = await api.createJob()
  await store.redis.hset(jobKey(jobId, 'record'), 'v', '1', 'color', 'red')
  t.equal((await read(`/jobs/${jobId}`)).status, 200)
  await (await api.work(jobId)).end('failed')
  t.equal(await store.redis.hget(jobKey(jobId, 'record'), 'color'), 'red')
})

t.test('a connection that cannot be read is listed with its problem, and can be put again', async (t) => {
  for (const id of ['later', 'sound']) await store.connections.put(tenant, id, settings)
  await store.redis.hset(connectionKey(tenant, 'later', 'record'), 'v', '2')
  const problem = /connection later is of version "2"/
  const { body } = await read('/connections')
  t.match(body.data, [
    { connectionId: 'later', problem },
    { connectionId: 'sound', problem: undefined },
  ])
  t.match(await read('/connections/later'), unreadable(problem))
  const request = { method: 'POST', headers: { 'content-type': 'application/json' }, body: '{"connectionId":"later"}' }
  t.equal((await api.fetch('/v1/jobs', request)).status, 500)
  t.equal((await api.fetch('/v1/connections/later', { method: 'DELETE' })).status, 200)
  t.equal((await read('/connections/later')).status, 404)
})

t.test('a state that cannot be read is not passed over, and can be set anew', async (t) => {
  await store.connections.put(tenant, 'torn', settings)
  await store.redis.hset(connectionKey(tenant, 'torn', 'states'), 'contacts', '[1]', 'tags', '{')
  t.match(await read('/connections/torn/state'), unreadable(/the state of (contacts|tags)/))
  t.equal((await api.fetch('/v1/connections/torn/state', { method: 'DELETE' })).status, 200)
  t.same((await read('/connections/torn/state')).body, [])
})

t.test('checkpoints that cannot be read are told, and the messages can be read all the same', async (t) => {
  const jobId = await api.createJob()
  await (await api.work(jobId)).commit(2)
  const [entry] = await store.redis.xrangeBuffer(jobKey(jobId, 'log'), '-', '+')
  const [id, fields] = entry ?? []
  if (!id || !fields) throw new Error('there is no entry')
  const place = fields.findIndex((field) => field.toString() === 'checkpoints')
  await store.redis.del(jobKey(jobId, 'log'))
  await store.redis.xadd(jobKey(jobId, 'log'), id, ...fields.with(place + 1, Buffer.from('[{"offset":"3"}]')))
  t.match(await read(`/jobs/${jobId}/state?at=3`), unreadable(/the log of job \d+ is damaged/))
  t.equal((await api.fetch(`/v1/jobs/${jobId}/messages`)).status, 200)
})

t.test('a position of a later version is refused, and left to a process that knows it', async (t) => {
  const service = openService(server, t.teardown, { keys: store.keys })
  const { jobId } = await service.jobs.create({
    tenant: storeTenant,
    request: { ...syncRequest(), catalog: { streams: [] } },
  })
  const attempt = await beginAttempt(service, { jobId, fence: 1, attemptId: 'a' })
  await commitTo(service, attempt, '1-a-1', commitOf(0, 5))
  await service.attempts.release(attempt, 'uncounted')
  const position = await service.redis.get(jobKey(jobId, 'position'))
  await service.redis.set(jobKey(jobId, 'position'), JSON.stringify({ v: 3, somewhere: 'else' }))
  const next = await beginAttempt(service, { jobId, fence: 2, attemptId: 'b' })
  t.throws(() => next.readPosition(), { code: 'data_unreadable', message: /position of job \d+ is of version 3/ })
  await service.attempts.release(next, 'uncounted')
  await service.redis.set(jobKey(jobId, 'position'), position ?? '')
  t.same((await beginAttempt(service, { jobId, fence: 3, attemptId: 'c' })).readPosition(), { next: 5 })
})

t.test('an entry of the queue that names no job keeps no worker from the next', async (t) => {
  const service = openService(server, t.teardown, { keys: store.keys })
  const queue = new Queue(syncQueueName, { connection: service.redis, prefix: keyspace.queuePrefix })
  const stray = await queue.add('sync', { id: 'nothing' }, { jobId: 'stray', attempts: 1000 })
  service.startWorker(countingSync(1))
  const { jobId } = await service.jobs.create({ tenant: storeTenant, request: syncRequest() })
  t.match(await untilEnded(service, jobId), { status: 'succeeded' })
  t.equal(await stray.getState(), 'failed')
  await queue.close()
})

t.test('figures leave out what cannot be read of a record', async (t) => {
  const jobId = await api.createJob()
  await store.redis.hset(jobKey(jobId, 'record'), 'blobBytes', 'many')
  await store.redis.zadd(keyspace.liveJobs, 1, 'no id')
  const metrics = createMetrics()
  collectFigures({
    metrics,
    redis: store.redis,
    queue: { count: async () => ({ waiting: 0, active: 0, delayed: 0, failed: 0 }) },
    clock: systemClock,
  })
  t.match(await metrics.render(), /intercom_sync_unended_log_bytes \d+/)
})
