import t from 'tap'
import { untilReady } from '../../src/redis/redis.ts'
import { afterTwoCommands } from '../support/hanging-redis.ts'
import type { Teardown } from '../support/processes.ts'
import { onRealRedis, startRedis } from '../support/redis.ts'
import { openStore, syncRequest, type TestStore, tenant } from '../support/store.ts'

const never = new AbortController().signal

/** Calls of the API's side, all of which must reject in time. */
const callsOf = ({ jobs, messages }: TestStore, jobId: number): Record<string, () => Promise<unknown>> => ({
  create: () => jobs.create({ tenant, request: syncRequest() }),
  read: () => jobs.read(tenant, jobId),
  readWhenChanged: () => jobs.readWhenChanged(tenant, jobId, 60_000, never),
  cancel: () => jobs.cancel(tenant, jobId),
  renewReaderLease: () => jobs.renewReaderLease(jobId, 'r'),
  awaitReader: () => jobs.awaitReader(jobId, 'r', 0),
  messages: () => messages.read(jobId, 0, 10),
})

const setUp = async (t: Teardown) => {
  const server = await startRedis(t)
  const store = openStore(server, { profile: 'failFast' })
  await untilReady(store.redis, AbortSignal.timeout(5000))
  const { jobId } = await store.jobs.create({ tenant, request: syncRequest() })
  return { server, store, jobId }
}

t.test('with Redis down every call says so within a second', async (t) => {
  const { server, store, jobId } = await setUp(t)
  await server.kill()
  for (const [name, call] of Object.entries(callsOf(store, jobId))) {
    const start = performance.now()
    await t.rejects(call(), { code: 'store_unavailable' }, name)
    t.ok(performance.now() - start < 1000, name)
  }
})

t.test('a process that was too busy to look takes the answer that has come meanwhile', async (t) => {
  const { store, jobId } = await setUp(t)
  const job = store.jobs.read(tenant, jobId)
  // The command goes out first.
  await new Promise(setImmediate)
  const { commandTimeout = Infinity } = store.redis.options
  const end = performance.now() + commandTimeout + 200
  while (performance.now() < end);
  t.match(await job, { jobId })
})

t.test('with Redis hanging every call says so after one command, and works again afterwards', async (t) => {
  const { server, store, jobId } = await setUp(t)
  t.ok((store.redis.options.commandTimeout ?? Infinity) < 1000, 'which takes less than a second')
  server.process.kill('SIGSTOP')
  for (const [name, call] of Object.entries(callsOf(store, jobId))) {
    const refused = call().then(
      () => 'nothing',
      (error) => error.code,
    )
    t.equal(await Promise.race([refused, afterTwoCommands(store.redis)]), 'store_unavailable', name)
  }
  server.process.kill('SIGCONT')
  t.equal((await store.jobs.read(tenant, jobId)).status, 'pending')
})

t.test('a wait for a change ends when Redis goes away', async (t) => {
  const { server, store, jobId } = await setUp(t)
  const refused = t.rejects(store.jobs.readWhenChanged(tenant, jobId, 60_000, never), { code: 'store_unavailable' })
  await store.jobs.read(tenant, jobId)
  await server.kill()
  await refused
})

t.test('a full Redis refuses a commit whole, and takes it once there is room', onRealRedis, async (t) => {
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
