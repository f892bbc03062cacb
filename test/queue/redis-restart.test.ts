import t from 'tap'
import { areOfOneJob } from '../../src/epoch.ts'
import { forgetJob } from '../../src/store/attempts/live-jobs.ts'
import { createDeferred } from '../support/deferred.ts'
import { onRealRedis, startRedis } from '../support/redis.ts'
import { beginAttempt, syncRequest, tenant } from '../support/store.ts'
import { countedLog, countingSync, openService, untilEnded, untilLogHolds, wholeLog } from '../support/worker.ts'

/**
 * How soon jobs go on after a short outage, and after one in which the locks ran out, ms: docs/operations.md names 2 and 5
 * s, where the machine has CPU to spare.
 */
const mostMs = { short: 10_000, long: 15_000 }
const durable = ['--appendonly', 'yes', '--appendfsync', 'always']

t.test(
  'a worker survives a Redis that is killed and comes back, nothing lost and nothing twice',
  onRealRedis,
  async (t) => {
    const server = await startRedis(t, durable)
    const service = openService(server, t.teardown)
    service.startWorker(countingSync(400, () => new Promise(setImmediate)))
    const { jobId } = await service.jobs.create({ tenant, request: syncRequest() })
    for (const messages of [300, 1200]) {
      await untilLogHolds(service, jobId, messages)
      await server.kill()
      await server.restart()
      const since = performance.now()
      const { messageCount: held } = await service.jobs.read(tenant, jobId)
      await untilLogHolds(service, jobId, held + 1)
      t.ok(performance.now() - since < mostMs.short, `${Math.round(performance.now() - since)} ms`)
    }
    const job = await untilEnded(service, jobId)
    t.match(job, { status: 'succeeded', messageCount: 2400 })
    t.equal(await wholeLog(service, jobId), countedLog(400))
  },
)

t.test('an attempt that lost its lock in an outage and its successor write one whole log', onRealRedis, async (t) => {
  const server = await startRedis(t, durable)
  const service = openService(server, t.teardown)
  const holding = createDeferred()
  const released = createDeferred()
  let running = 0
  let mostRunning = 0
  service.startWorker((request, options) => {
    const sync = countingSync(20, async (number) => {
      if (number !== 10) return
      holding.resolve()
      await released.promise
    })(request, options)
    return counted(sync, (change) => {
      running += change
      mostRunning = Math.max(mostRunning, running)
    })
  })
  const { jobId } = await service.jobs.create({ tenant, request: syncRequest() })
  await holding.promise
  await server.kill()
  // What an outage does to a lock: it is gone by the time Redis is back.
  await server.restart()
  await service.redis.del(`intercom-sync:{queue}:sync:job-${jobId}:lock`)
  const since = performance.now()
  released.resolve()
  t.match(await untilEnded(service, jobId), { status: 'succeeded', messageCount: 120 })
  t.ok(performance.now() - since < mostMs.long, `${Math.round(performance.now() - since)} ms`)
  t.equal(await wholeLog(service, jobId), countedLog(20))
  t.ok(mostRunning <= 2)
})

t.test('an attempt that begins on another Redis than the last commit starts a new epoch', onRealRedis, async (t) => {
  const server = await startRedis(t, durable)
  const service = openService(server, t.teardown)
  const { jobId } = await service.jobs.create({ tenant, request: syncRequest() })
  let fail = true
  const first = service.startWorker(
    countingSync(6, (number) => {
      if (number !== 3 || !fail) return
      fail = false
      throw new Error('the attempt breaks')
    }),
  )
  await untilLogHolds(service, jobId, 18)
  const { logEpoch } = await service.jobs.read(tenant, jobId)
  await first.handOver()
  await server.kill()
  await server.restart()
  service.startWorker(countingSync(6))
  const job = await untilEnded(service, jobId)
  t.match(job, { status: 'succeeded', attempts: 2 })
  t.not(job.logEpoch, logEpoch)
  t.equal(await wholeLog(service, jobId), countedLog(6))
})

t.test('so does the first attempt of a job that Redis knows from before any attempt', onRealRedis, async (t) => {
  const server = await startRedis(t)
  const service = openService(server, t.teardown)
  const { jobId, logEpoch } = await service.jobs.create({ tenant, request: syncRequest() })
  await service.redis.save()
  const first = service.startWorker(countingSync(2))
  t.match(await untilEnded(service, jobId), { logEpoch }, 'what a client has read of it has this epoch')
  await first.handOver()
  await server.kill()
  await server.restart()
  t.match(await service.jobs.read(tenant, jobId), { status: 'pending' })
  service.startWorker(countingSync(3))
  const { logEpoch: later } = await untilEnded(service, jobId)
  t.not(later, logEpoch)
  t.ok(areOfOneJob(later, logEpoch))
})

t.test('a job whose end Redis has taken back is done to its end again', onRealRedis, async (t) => {
  const server = await startRedis(t)
  const service = openService(server, t.teardown)
  const worker = service.startWorker(countingSync(2))
  await worker.handOver()
  const { jobId } = await service.jobs.create({ tenant, request: syncRequest() })
  const attempt = await beginAttempt(service, { jobId, fence: 1, attemptId: 'a' })
  await service.redis.save()
  await service.attempts.end(attempt.jobId, 1, { status: 'succeeded' })
  await server.kill()
  await server.restart()
  // What whoever ended it does last of all reaches the Redis that has gone back.
  await forgetJob(service.redis, jobId)
  await service.redis.del(...(await service.redis.keys('intercom-sync:{queue}:sync:*')))
  service.startWorker(countingSync(2))
  t.match(await untilEnded(service, jobId), { status: 'succeeded' })
  t.equal(await wholeLog(service, jobId), countedLog(2))
})

/** The same sync, telling when it begins and when it is over. */
async function* counted<Item, Result>(
  sync: AsyncGenerator<Item, Result, void>,
  tell: (change: 1 | -1) => void,
): AsyncGenerator<Item, Result, void> {
  tell(1)
  try {
    return yield* sync
  } finally {
    tell(-1)
  }
}
