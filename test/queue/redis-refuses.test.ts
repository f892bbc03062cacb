import { mkdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import t from 'tap'
import { createMetrics } from '../../src/metrics.ts'
import { collectFigures } from '../../src/queue/figures.ts'
import { untilReady } from '../../src/redis/redis.ts'
import { checkReadiness } from '../../src/roles/readiness.ts'
import type { StoreClient } from '../../src/store/keys.ts'
import { startApp } from '../support/app.ts'
import { createDeferred } from '../support/deferred.ts'
import { scrape } from '../support/metrics.ts'
import { untilHolds } from '../support/polling.ts'
import { onRealRedis, startRedis, type TestRedis } from '../support/redis.ts'
import { syncRequest, tenant } from '../support/store.ts'
import { countedLog, countingSync, openService, untilEnded, wholeLog } from '../support/worker.ts'

/** A Redis that answers and takes no writes. */
interface Refusal {
  reason: string
  told: RegExp
  begin(admin: StoreClient, server: TestRedis): Promise<unknown>
  end(admin: StoreClient, server: TestRedis): Promise<unknown>
}

const refusals: Refusal[] = [
  {
    reason: 'full',
    told: /Redis is full/,
    begin: (admin) => admin.config('SET', 'maxmemory', '1'),
    end: (admin) => admin.config('SET', 'maxmemory', '0'),
  },
  {
    reason: 'disk',
    told: /cannot write to its disk/,
    async begin(admin, { directory }) {
      await mkdir(join(directory, 'dump.rdb'))
      await admin.config('SET', 'save', '3600 1')
      await admin.bgsave()
      await untilHolds(async () => (await admin.info('persistence')).includes('rdb_last_bgsave_status:err'))
    },
    async end(admin, { directory }) {
      await rm(join(directory, 'dump.rdb'), { recursive: true })
      await admin.bgsave()
      await untilHolds(async () => (await admin.info('persistence')).includes('rdb_last_bgsave_status:ok'))
    },
  },
  {
    reason: 'replica',
    told: /is a replica/,
    begin: (admin) => admin.replicaof('127.0.0.1', 9),
    end: (admin) => admin.replicaof('NO', 'ONE'),
  },
]

for (const { reason, told, begin, end } of refusals)
  t.test(`a Redis that takes no writes (${reason}) is named, and costs a job no attempt`, onRealRedis, async (t) => {
    const server = await startRedis(t)
    const admin = server.connect()
    const service = openService(server, t.teardown)
    const metrics = createMetrics()
    const redis = server.connect('failFast')
    await untilReady(redis, AbortSignal.timeout(5000))
    collectFigures({ metrics, redis, queue: service.queue, clock: service.clock })
    const { keys } = service
    const api = await startApp(t, server, { keys, metrics, ready: () => checkReadiness(redis, keys) })
    const refusing = createDeferred()
    const sample = `intercom_sync_redis_refuses{reason="${reason}"}`
    service.startWorker(
      countingSync(12, async (number) => {
        if (number !== 6) return
        await begin(admin, server)
        refusing.resolve()
      }),
      { lockMs: 10_000, renewMs: 3000, stalledCheckMs: 300 },
    )
    const { jobId } = await service.jobs.create({ tenant, request: syncRequest() })
    await refusing.promise
    // A client that meets a replica connects again, to look for the primary: for that moment it reaches nothing.
    await untilHolds(async () => (await scrape(api.url)).has(sample))
    let ready: { status: number; detail?: string }
    do ready = (await (await api.fetch('/health/ready')).json()) as typeof ready
    while (!told.test(ready.detail ?? ''))
    t.match(ready, { status: 503, code: 'store_unavailable' })
    // The client itself waits out a failover.
    if (reason !== 'replica') while (!service.errors.some((error) => told.test(String(error)))) await admin.ping()
    await end(admin, server)
    t.match(await untilEnded(service, jobId), { status: 'succeeded', attempts: 1, messageCount: 72 })
    t.equal(await wholeLog(service, jobId), countedLog(12))
    t.same(service.reported, [], 'no attempt has failed')
    t.notOk((await scrape(api.url)).has(sample))
  })
