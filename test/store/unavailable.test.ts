import t from 'tap'
import { untilReady } from '../../src/queue/redis.ts'
import { startRedis } from '../support/redis.ts'
import { openStore, syncRequest, tenant } from '../support/store.ts'

const never = new AbortController().signal

/** Every call of the API's side must reject in time. */
async function rejectionTimes(store: ReturnType<typeof openStore>, jobId: number): Promise<Record<string, number>> {
  const calls: Record<string, () => Promise<unknown>> = {
    create: () => store.jobs.create({ tenant, request: syncRequest() }),
    read: () => store.jobs.read(tenant, jobId),
    readWhenChanged: () => store.jobs.readWhenChanged(tenant, jobId, 60_000, never),
    cancel: () => store.jobs.cancel(tenant, jobId),
    renewReaderLease: () => store.jobs.renewReaderLease(jobId, 'r'),
    detach: () => store.jobs.detach(jobId),
    messages: () => store.messages.read(jobId, 0, 10),
  }
  const times: Record<string, number> = {}
  for (const [name, call] of Object.entries(calls)) {
    const start = performance.now()
    const code = await call().then(
      () => 'nothing',
      (error) => error.code,
    )
    times[`${name}: ${code}`] = performance.now() - start
  }
  return times
}

t.test('with Redis down every call says so within a second', async (t) => {
  const server = await startRedis(t)
  const store = openStore(server, { profile: 'failFast' })
  await untilReady(store.redis, AbortSignal.timeout(5000))
  const { jobId } = await store.jobs.create({ tenant, request: syncRequest() })
  await server.kill()
  for (const [call, ms] of Object.entries(await rejectionTimes(store, jobId))) {
    t.match(call, /: store_unavailable$/)
    t.ok(ms < 1000, `${call} after ${Math.round(ms)} ms`)
  }
})

t.test('with Redis hanging every call says so within a second, and works again afterwards', async (t) => {
  const server = await startRedis(t)
  const store = openStore(server, { profile: 'failFast' })
  await untilReady(store.redis, AbortSignal.timeout(5000))
  const { jobId } = await store.jobs.create({ tenant, request: syncRequest() })
  server.process.kill('SIGSTOP')
  const times = await rejectionTimes(store, jobId)
  server.process.kill('SIGCONT')
  for (const [call, ms] of Object.entries(times)) {
    t.match(call, /: store_unavailable$/)
    t.ok(ms < 1000, `${call} after ${Math.round(ms)} ms`)
  }
  t.equal((await store.jobs.read(tenant, jobId)).status, 'pending')
})

t.test('a wait for a change ends when Redis goes away', async (t) => {
  const server = await startRedis(t)
  const store = openStore(server, { profile: 'failFast' })
  await untilReady(store.redis, AbortSignal.timeout(5000))
  const { jobId } = await store.jobs.create({ tenant, request: syncRequest() })
  const refused = t.rejects(store.jobs.readWhenChanged(tenant, jobId, 60_000, never), { code: 'store_unavailable' })
  await store.jobs.read(tenant, jobId)
  await server.kill()
  await refused
})

t.test('a full Redis refuses a commit whole, and takes it once there is room', async (t) => {
  const server = await startRedis(t)
  const store = openStore(server)
  const { jobId } = await store.jobs.create({ tenant, request: syncRequest() })
  const before = await store.redis.hgetall(`intercom-sync:{job:${jobId}}:record`)
  await store.redis.config('SET', 'maxmemory', '1')
  await t.rejects(store.jobs.create({ tenant, request: syncRequest() }), { code: 'store_unavailable' })
  await t.rejects(store.attempts.begin({ jobId, fence: 1, attemptId: 'a' }, 'start', 'e'), {
    code: 'store_unavailable',
  })
  await t.rejects(store.attempts.end(jobId, 1, { status: 'cancelled' }), { code: 'store_unavailable' })
  t.same(await store.redis.hgetall(`intercom-sync:{job:${jobId}}:record`), before)
  t.equal(await store.redis.exists(`intercom-sync:{job:${jobId}}:request`), 1)
  await store.redis.config('SET', 'maxmemory', '0')
  t.match(await store.attempts.begin({ jobId, fence: 1, attemptId: 'a' }, 'start', 'e'), { offset: 0 })
})
