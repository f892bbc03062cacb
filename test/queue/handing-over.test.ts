import t from 'tap'
import type { LockTiming } from '../../src/queue/worker.ts'
import type { WorkerRole } from '../../src/queue/worker-role.ts'
import { createRedisClients } from '../../src/redis/redis.ts'
import type { StoreClient } from '../../src/store/keys.ts'
import { createDeferred } from '../support/deferred.ts'
import { startRedis } from '../support/redis.ts'
import { syncRequest, tenant } from '../support/store.ts'
import { startProxy } from '../support/tcp-proxy.ts'
import { countedLog, countingSync, openService, untilAborted, untilEnded, wholeLog } from '../support/worker.ts'

const server = await startRedis(t)
/** How soon another worker has gone on, ms: docs/operations.md names a second, where the machine has CPU to spare. */
const mostMs = 10_000
/** A job whose lock must run out first is not finished before the test's own limit. */
const slowLocks: LockTiming = { lockMs: 600_000, renewMs: 200_000, stalledCheckMs: 600_000 }

t.test('a worker that shuts down hands its job to another one at once, which counts as no failure', async (t) => {
  const service = openService(server, t.teardown)
  const { jobId } = await service.jobs.create({ tenant, request: syncRequest() })
  const holding = createDeferred()
  const first = service.startWorker(
    countingSync(6, async (number, signal) => {
      if (number < 3) return
      holding.resolve()
      await untilAborted(signal)
    }),
    slowLocks,
  )
  await holding.promise
  service.startWorker(countingSync(6), slowLocks)
  const since = performance.now()
  await first.handOver()
  t.match(await untilEnded(service, jobId), { status: 'succeeded', attempts: 2 })
  t.ok(performance.now() - since < mostMs, `${Math.round(performance.now() - since)} ms`)
  t.equal(await wholeLog(service, jobId), countedLog(6))
  t.same(service.reported, [])
})

t.test('a worker that begins to shut down while Redis is away is done once Redis is back', async (t) => {
  const server = await startRedis(t)
  const service = openService(server, t.teardown)
  const role = service.startWorker(countingSync(1))
  const admin = server.connect()
  while (!String(await admin.client('LIST')).includes('cmd=bzpopmin'));
  await server.kill()
  // This client waits as long after each try as those of the worker do.
  await untilTried(admin, 4)
  const handedOver = role.handOver()
  await untilTried(admin, 1)
  await server.restart()
  await handedOver
  await service.jobs.create({ tenant, request: syncRequest() })
  t.same(await service.queue.count(), { waiting: 1, active: 0, delayed: 0, failed: 0 }, 'it takes no job any more')
})

t.test('a worker that shuts down while it fetches a job does not keep it', async (t) => {
  await server.connect().flushall()
  let first: WorkerRole | undefined
  let handedOver: Promise<void> | undefined
  const wire = await startProxy(
    t,
    { path: server.socket },
    {
      toClient(chunk) {
        // The job is on its way to the worker, which has taken it but does not know yet.
        if (chunk.includes('{"jobId":')) handedOver ??= first?.handOver()
      },
    },
  )
  const clients = createRedisClients({ socket: wire.socket }, () => undefined)
  t.teardown(clients.close)
  const near = openService({ connect: (profile = 'waitForever') => clients.connect(profile) }, t.teardown)
  first = near.startWorker(
    countingSync(2, (_number, signal) => untilAborted(signal)),
    slowLocks,
  )
  const service = openService(server, t.teardown, { keys: near.keys })
  const { jobId } = await service.jobs.create({ tenant, request: syncRequest() })
  await service.jobs.readWhenChanged(tenant, jobId, 60_000, new AbortController().signal)
  await handedOver
  t.not(handedOver, undefined)
  service.startWorker(countingSync(2), slowLocks)
  t.match(await untilEnded(service, jobId), { status: 'succeeded' })
  t.equal(await wholeLog(service, jobId), countedLog(2))
})

/** Waits until a client has tried to connect so many times more, in vain. */
function untilTried(redis: StoreClient, times: number): Promise<void> {
  const tried = createDeferred()
  let left = times
  const count = () => {
    if (--left > 0) return
    redis.off('reconnecting', count)
    tried.resolve()
  }
  redis.on('reconnecting', count)
  return tried.promise
}
