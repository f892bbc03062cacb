import { mkdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import t from 'tap'
import { createMetrics } from '../../src/metrics.ts'
import { collectFigures } from '../../src/queue/figures.ts'
import { createRedisClients, untilReady } from '../../src/redis/redis.ts'
import { checkReadiness } from '../../src/roles/readiness.ts'
import type { StoreClient } from '../../src/store/keys.ts'
import { startApp } from '../support/app.ts'
import { createDeferred } from '../support/deferred.ts'
import { scrape } from '../support/metrics.ts'
import { untilHolds } from '../support/polling.ts'
import { onRealRedis, startRedis, type TestRedis } from '../support/redis.ts'
import { syncRequest, tenant } from '../support/store.ts'
import { countedLog, countingSync, openService, untilEnded, wholeLog } from '../support/worker.ts'

/** A Redis that takes no writes. */
interface Refusal {
  reason: string
  told: RegExp
  /** Whether the worker's client itself waits until Redis serves again, so that no call of the worker fails. */
  isWaitedOut?: true
  /** Of the server. */
  settings?: string[]
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
    // As long as a failover takes.
    isWaitedOut: true,
    begin: (admin) => admin.replicaof('127.0.0.1', 9),
    end: (admin) => admin.replicaof('NO', 'ONE'),
  },
  {
    reason: 'loading',
    told: /is still reading its data/,
    isWaitedOut: true,
    // Ten seconds for the keys below, if nothing ends it. After each of them Redis looks at its connections.
    settings: ['--key-load-delay', '20000', '--loading-process-events-interval-bytes', '1024'],
    async begin(admin, server) {
      await admin.mset(Object.fromEntries(Array.from({ length: 500 }, (_, at) => [`filler${at}`, '.'.repeat(1500)])))
      await server.endInOrder()
      restarted = server.restart()
    },
    async end(_admin, { socket }) {
      // Other clients wait until Redis has read its data.
      const clients = createRedisClients({ socket }, () => undefined, { allowsInfo: false })
      await clients.connect('waitForever').config('SET', 'key-load-delay', '0')
      clients.close()
      await restarted
    },
  },
  {
    reason: 'timeout',
    told: /did not answer in time/,
    isWaitedOut: true,
    begin: async (_admin, server) => server.process.kill('SIGSTOP'),
    end: async (_admin, server) => server.process.kill('SIGCONT'),
  },
  {
    reason: 'unreachable',
    told: /cannot be reached/,
    isWaitedOut: true,
    begin: (_admin, server) => server.endInOrder(),
    end: (_admin, server) => server.restart(),
  },
]

/** The Redis that reads its data. */
let restarted: Promise<void> | undefined
/** How soon jobs go on, ms: docs/operations.md names 5 s, where the machine has CPU to spare. */
const mostMs = 15_000

for (const { reason, told, isWaitedOut, settings, begin, end } of refusals)
  t.test(`a Redis that takes no writes (${reason}) is named, and costs a job no attempt`, onRealRedis, async (t) => {
    const server = await startRedis(t, settings)
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
    if (!isWaitedOut) while (!service.errors.some((error) => told.test(String(error)))) await admin.ping()
    await end(admin, server)
    const since = performance.now()
    t.match(await untilEnded(service, jobId), { status: 'succeeded', attempts: 1, messageCount: 72 })
    t.ok(performance.now() - since < mostMs, `${Math.round(performance.now() - since)} ms`)
    t.equal(await wholeLog(service, jobId), countedLog(12))
    t.same(service.reported, [], 'no attempt has failed')
    t.notOk((await scrape(api.url)).has(sample))
  })
