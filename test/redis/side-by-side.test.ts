import { once } from 'node:events'
import t from 'tap'
import { defaultPrefix } from '../../src/store/keys.ts'
import { createDeferred } from '../support/deferred.ts'
import { gatedIntercom } from '../support/gated-intercom.ts'
import { jobKey, keyspace } from '../support/keys.ts'
import { createManualClock } from '../support/manual-clock.ts'
import { provideRedis, type ServiceOnRedis, serveOnRedis } from '../support/provided-redis.ts'
import { onRealRedis, startRedis } from '../support/redis.ts'
import { beginAttempt, openStore, syncRequest, tenant } from '../support/store.ts'
import { openService, untilAborted } from '../support/worker.ts'

const config = { access_token: 'simulator-token' }
/** Where the two services of a test keep their data. */
const pairs: Record<string, { database: number; prefix: string }[]> = {
  'databases 0 and 1': [
    { database: 0, prefix: 'intercom-sync' },
    { database: 1, prefix: 'intercom-sync' },
  ],
  'two prefixes on database 0': [
    { database: 0, prefix: 'intercom-sync' },
    { database: 0, prefix: 'intercom-sync.two' },
  ],
}

const start = (service: ServiceOnRedis, streams: string[]) =>
  service.call<{ jobId: number }>('/v1/jobs', { body: { config, streams } })

async function untilStatus(service: ServiceOnRedis, jobId: number, ...statuses: string[]): Promise<string> {
  for (let seconds = 0; ; seconds = 10) {
    const { status } = await service.call<{ status: string }>(`/v1/jobs/${jobId}?wait=${seconds}`)
    if (statuses.includes(status)) return status
  }
}

for (const [name, places] of Object.entries(pairs))
  t.test(`services on ${name} of one Redis never touch each other`, onRealRedis, async (t) => {
    const server = await provideRedis(t, ['--appendonly', 'yes'])
    const gate = createDeferred()
    const intercom = await gatedIntercom(t, gate.promise)
    const redis = server.connect()
    // The same ids in both: each then gives out 101 next.
    const runId = /run_id:(\w+)/.exec(await redis.info('server'))?.[1] ?? ''
    for (const { database, prefix } of places) {
      await redis.select(database)
      await redis.mset(`${prefix}:{jobs}:last-id`, '100', `${prefix}:{jobs}:last-run-id`, runId)
    }
    const services = await Promise.all(
      places.map(({ database, prefix }) =>
        serveOnRedis(t, {
          INTERCOM_BASE_URL: intercom,
          REDIS_URL: `redis://127.0.0.1:${server.port}/${database}`,
          ...(prefix !== defaultPrefix && { REDIS_PREFIX: prefix }),
        }),
      ),
    )
    const [one, two] = services as [ServiceOnRedis, ServiceOnRedis]
    const jobs = await Promise.all(services.map((service) => start(service, ['contacts', 'conversations'])))
    t.same(
      jobs.map(({ jobId }) => jobId),
      [101, 101],
    )
    const logs = services.map(async (service) =>
      (await service.fetch('/v1/jobs/101/messages')).text().catch(() => 'cut'),
    )
    await Promise.all(services.map((service) => untilStatus(service, 101, 'running')))
    await one.call('/v1/jobs/101', { method: 'DELETE' })
    t.equal(await untilStatus(one, 101, 'cancelled', 'succeeded'), 'cancelled')
    gate.resolve()
    t.equal(await untilStatus(two, 101, 'cancelled', 'succeeded'), 'succeeded', 'the cancel was for the other')
    const [, ofTwo = ''] = await Promise.all(logs)
    t.match(await two.call('/v1/jobs/101'), { messageCount: ofTwo.trimEnd().split('\n').length, attempts: 1 })

    for (const { database, prefix } of places) {
      await redis.select(database)
      const prefixes = places.filter((place) => place.database === database).map((place) => place.prefix)
      const keys = await redis.keys('*')
      t.ok(keys.some((key) => key.startsWith(`${prefix}:{job:101}:`)))
      t.same(
        keys.filter((key) => !prefixes.some((prefix) => key.startsWith(`${prefix}:`))),
        [],
      )
    }
    await one.process.end('SIGTERM')
    await redis.select(0)
    await redis.del(await redis.keys('intercom-sync:*'))
    t.equal(await (await two.fetch('/v1/jobs/101/messages')).text(), ofTwo)
    await start(two, ['tags'])
    t.equal(await untilStatus(two, 102, 'succeeded', 'failed'), 'succeeded')
  })

t.test('the names of a service without a prefix are those of every version', async (t) => {
  t.match(keyspace, {
    liveJobs: 'intercom-sync:{jobs}:live',
    lastJobId: 'intercom-sync:{jobs}:last-id',
    queuePrefix: 'intercom-sync:{queue}',
    keyCanaries: 'intercom-sync:{keys}:canaries',
    cancelChannel: 'intercom-sync:cancel',
    changedPattern: 'intercom-sync:changed:*',
    recordAround: { beforeId: 'intercom-sync:{job:', afterId: '}:record' },
  })
  t.equal(jobKey(7, 'dataKey'), 'intercom-sync:{job:7}:data-key')
  t.equal(keyspace.changedChannel(7), 'intercom-sync:changed:7')
})

t.test('a cancel that another database was told of stops nothing here, and one of ours does', async (t) => {
  const server = await startRedis(t)
  const service = openService(server, t.teardown.bind(t))
  const begun = createDeferred()
  let stopped = false
  service.startWorker(async function* wait(_request, { signal }) {
    begun.resolve()
    await untilAborted(signal).finally(() => {
      stopped = true
    })
    yield undefined as never
    return { streams: [] }
  })
  const { jobId } = await service.jobs.create({ tenant, request: syncRequest() })
  await begun.promise
  const others = server.connect()
  await others.publish(keyspace.cancelChannel, String(jobId))
  // The worker has read the job's record in answer to the message before this ends.
  const monitor = await others.monitor()
  const looked = new Promise<void>((resolve) => {
    monitor.on('monitor', (_time: string, args: string[]) => args[0] === 'hexists' && resolve())
  })
  await others.publish(keyspace.cancelChannel, String(jobId))
  await looked
  monitor.disconnect()
  t.match(await service.jobs.read(tenant, jobId), { status: 'running' })
  t.equal(stopped, false)
  await service.jobs.cancel(tenant, jobId)
  t.match(await service.jobs.readWhenChanged(tenant, jobId, 60_000, new AbortController().signal), {
    status: 'cancelled',
  })
})

t.test('a wait for a change of status is not ended by what another database says of its job', async (t) => {
  const server = await startRedis(t)
  const clock = createManualClock()
  const store = openStore(server, { clock })
  const subscribed = once(store.redis, 'ready')
  if (store.redis.status !== 'ready') await subscribed
  const { jobId } = await store.jobs.create({ tenant, request: syncRequest() })
  const waiting = store.jobs.readWhenChanged(tenant, jobId, 60_000, new AbortController().signal)
  await clock.untilAsleep(60_000)
  clock.advance(20_000)
  await store.redis.publish(keyspace.changedChannel(jobId), 'running')
  await clock.untilAsleep(40_000)
  await beginAttempt(store, { jobId, fence: 1, attemptId: 'a' })
  t.match(await waiting, { status: 'running' })
})
