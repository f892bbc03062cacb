import t from 'tap'
import { reconcileJobs } from '../../src/queue/reconciler.ts'
import { createLiveJobs } from '../../src/store/attempts/live-jobs.ts'
import { createDeferred } from '../support/deferred.ts'
import { jobKey } from '../support/keys.ts'
import { startRedis } from '../support/redis.ts'
import { beginAttempt, syncRequest, tenant } from '../support/store.ts'
import {
  countedLog,
  countingSync,
  openService,
  type TestService,
  untilAborted,
  untilEnded,
  untilLogHolds,
  wholeLog,
} from '../support/worker.ts'

const server = await startRedis(t)

async function setUp(teardown: Parameters<typeof openService>[1], options: Parameters<typeof openService>[2] = {}) {
  await server.connect().flushall()
  const service = openService(server, teardown, options)
  const live = createLiveJobs(service)
  const errors: unknown[] = []
  const lookOver = () =>
    reconcileJobs({ ...service, liveJobs: live, onError: (error) => errors.push(error) }, new AbortController().signal)
  const create = async (graceMs?: number) => {
    const request = syncRequest()
    return (await service.jobs.create({ tenant, request, ...(graceMs !== undefined && { graceMs }) })).jobId
  }
  const statusOf = async (jobId: number) => (await service.jobs.read(tenant, jobId)).status
  return { service, live, lookOver, create, statusOf, errors }
}

/** Resolves once a worker has begun the job, which it does not get on with. */
async function startHangingWorker(service: TestService): Promise<void> {
  const started = createDeferred()
  service.startWorker(
    countingSync(1, async (_number, signal) => {
      started.resolve()
      await untilAborted(signal)
    }),
  )
  await started.promise
}

t.test('a job whose queueing was lost is queued', async (t) => {
  const { service, lookOver, create } = await setUp(t.teardown)
  const jobId = await create()
  await service.redis.del(...(await service.redis.keys('intercom-sync:{queue}*')))
  t.equal(await service.queue.stateOf(jobId), 'absent')
  await lookOver()
  await lookOver()
  service.startWorker(countingSync(3))
  t.equal((await untilEnded(service, jobId)).attempts, 1)
  t.equal(await wholeLog(service, jobId), countedLog(3))
})

t.test('a job whose queueing Redis has stopped in the middle is queued again', async (t) => {
  const { service, live, lookOver, errors } = await setUp(t.teardown)
  const admin = server.connect()
  const events = 'intercom-sync:{queue}:sync:events'
  // BullMQ writes its own record of a job first, and then to this key; what it cannot write stops its script.
  await admin.set(events, 'no stream')
  await t.rejects(service.jobs.create({ tenant, request: syncRequest() }))
  const [jobId] = (await live.list()) as [number]
  await admin.del(events)
  t.equal(await service.queue.stateOf(jobId), 'torn')
  await lookOver()
  await lookOver()
  t.same(errors, [])
  service.startWorker(countingSync(3))
  t.equal((await untilEnded(service, jobId)).attempts, 1)
  t.equal(await wholeLog(service, jobId), countedLog(3))
})

t.test('a job that has begun and that the queue has forgotten is queued again, and goes on where it was', async (t) => {
  const { service, lookOver, create } = await setUp(t.teardown)
  const jobId = await create()
  const later = await create()
  const holding = createDeferred()
  const first = service.startWorker(
    countingSync(4, async (number, signal) => {
      if (number !== 2) return
      holding.resolve()
      await untilAborted(signal)
    }),
  )
  await untilLogHolds(service, jobId, 12)
  await holding.promise
  // What a failover may leave: the record knows of attempts, the queue of no job.
  await service.redis.del(...(await service.redis.keys('intercom-sync:{queue}*')))
  await first.handOver()
  await beginAttempt(service, { jobId: later, fence: 7, attemptId: 'a' })
  await lookOver()
  await lookOver()
  service.startWorker(countingSync(4))
  for (const id of [jobId, later]) {
    t.equal((await untilEnded(service, id)).status, 'succeeded')
    t.equal(await wholeLog(service, id), countedLog(4))
  }
})

t.test('a job that the queue has failed behind our back ends as failed', async (t) => {
  const { service, lookOver, create, statusOf } = await setUp(t.teardown)
  const jobId = await create()
  await startHangingWorker(service)
  await lookOver()
  t.equal(await statusOf(jobId), 'running', 'a job at work is left alone')
  const prefix = 'intercom-sync:{queue}:sync'
  await service.redis
    .multi()
    .lrem(`${prefix}:active`, 0, `job-${jobId}`)
    .zadd(`${prefix}:failed`, 1, `job-${jobId}`)
    .exec()
  await lookOver()
  t.match(await service.jobs.read(tenant, jobId), { status: 'failed', failure: { code: 'attempt_lost' } })
})

t.test('a cancel that reached no worker is told again', async (t) => {
  const { service, lookOver, create } = await setUp(t.teardown)
  const jobId = await create()
  await startHangingWorker(service)
  await service.redis.hset(`intercom-sync:{job:${jobId}}:record`, 'cancelReason', 'requested')
  await lookOver()
  t.equal((await untilEnded(service, jobId)).status, 'cancelled')
})

t.test('a job to be cancelled that no worker has ends as cancelled', async (t) => {
  const { service, lookOver, create, statusOf } = await setUp(t.teardown)
  const pending = await create()
  const dead = await create()
  await beginAttempt(service, { jobId: dead, fence: 1, attemptId: 'a' })
  for (const jobId of [pending, dead]) {
    await service.redis.hset(`intercom-sync:{job:${jobId}}:record`, 'cancelReason', 'requested')
  }
  await lookOver()
  t.equal(await statusOf(pending), 'cancelled')
  t.equal(await statusOf(dead), 'cancelled', 'running in the record, but waiting in the queue')
})

t.test('a job whose readers are gone longer than its grace is cancelled', async (t) => {
  const { service, lookOver, create, statusOf } = await setUp(t.teardown, { readerLeaseMs: -1 })
  const abandoned = await create(0)
  const inGrace = await create(60_000)
  const independent = await create()
  await service.jobs.renewReaderLease(abandoned, 'r1')
  await lookOver()
  t.match(await service.jobs.read(tenant, abandoned), { status: 'cancelled', failure: { message: /hung up/ } })
  t.equal(await statusOf(inGrace), 'pending')
  t.equal(await statusOf(independent), 'pending')
})

t.test('a reader who could not renew its lease while Redis was away has the time of one to come back', async (t) => {
  const { service, lookOver, create, statusOf } = await setUp(t.teardown, { readerLeaseMs: 600_000 })
  const jobId = await create(0)
  // This Redis has been up for seconds; what it has read from disk is older.
  await service.redis.hset(jobKey(jobId, 'record'), 'readersUntil', Date.now() - 3_600_000)
  await lookOver()
  t.equal(await statusOf(jobId), 'pending')
})

t.test('a reader who holds a lease keeps its job alive', async (t) => {
  const { lookOver, create, statusOf } = await setUp(t.teardown)
  const jobId = await create(0)
  await lookOver()
  t.equal(await statusOf(jobId), 'pending', 'whoever made it has a lease from the start')
})

t.test('ended jobs, and ids whose job was never written, are looked over no more', async (t) => {
  const start = Date.now()
  let later = 0
  const clock = { now: () => start + later, monotonic: () => later, sleep: async () => undefined }
  const { service, live, lookOver, create } = await setUp(t.teardown, { clock })
  const jobId = await create()
  await service.jobs.cancel(tenant, jobId)
  await service.redis.zadd('intercom-sync:{jobs}:live', start, jobId, start, 4711)
  await lookOver()
  t.same(await live.list(), [4711], 'the API may be just about to write it')
  later = 61_000
  await lookOver()
  t.same(await live.list(), [])
})

t.test('a job that cannot be looked over does not keep the others from it', async (t) => {
  const { service, lookOver, create, errors, statusOf } = await setUp(t.teardown)
  const broken = await create()
  const unknown = await create()
  const unreadable = await create()
  const cancelled = await create()
  await service.redis.set(jobKey(broken, 'record'), 'not a hash')
  await service.redis.hset(jobKey(unknown, 'record'), 'status', 'paused', 'cancelReason', 'requested')
  await service.redis.hset(jobKey(unreadable, 'record'), 'streams', '{', 'cancelReason', 'requested')
  await service.redis.hset(jobKey(cancelled, 'record'), 'cancelReason', 'requested')
  await lookOver()
  t.equal(await statusOf(cancelled), 'cancelled')
  t.equal(await statusOf(unreadable), 'cancelled', 'what cannot be read of it does not keep it alive')
  t.equal(errors.length, 2)
  t.match(errors, [/WRONGTYPE/, new RegExp(`record of job ${unknown} is damaged`)])
})

t.test('several that look over at once do no harm', async (t) => {
  const { service, lookOver, create } = await setUp(t.teardown)
  const lost = await create()
  const cancelled = await create()
  await service.redis.del(...(await service.redis.keys('intercom-sync:{queue}*')))
  await service.redis.hset(`intercom-sync:{job:${cancelled}}:record`, 'cancelReason', 'requested')
  await Promise.all(Array.from({ length: 8 }, lookOver))
  service.startWorker(countingSync(2))
  t.match(await untilEnded(service, lost), { status: 'succeeded', attempts: 1, messageCount: 12 })
  t.match(await service.jobs.read(tenant, cancelled), { status: 'cancelled', messageCount: 1 })
})

t.test('jobs that wait in the queue are not searched for one by one', async (t) => {
  const { service, lookOver, create } = await setUp(t.teardown)
  // BullMQ has the first one. Which of the others it has, and which wait for their turn, depends on who comes first.
  const first = await create()
  const jobIds = [first, ...(await Promise.all(Array.from({ length: 59 }, () => create())))]
  const waiting = await service.queue.listWaiting()
  t.same(
    jobIds.filter((jobId) => !waiting.has(jobId)),
    [],
  )
  await service.redis.hset(jobKey(first, 'record'), 'cancelReason', 'requested')
  await service.redis.config('RESETSTAT')
  await lookOver()
  const commands = await service.redis.info('commandstats')
  const calls = (name: string) => Number(new RegExp(`cmdstat_${name}:calls=(\\d+)`).exec(commands)?.[1] ?? 0)
  // BullMQ looks into two lists for one job: only the job that somebody wants cancelled costs that.
  t.ok(calls('lpos') <= 2, `${calls('lpos')} searches`)
  t.ok(calls('hmget') >= jobIds.length, 'each record was read')
})
