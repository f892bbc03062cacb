import t from 'tap'
import { systemClock } from '../../src/clock.ts'
import { createDueQueue } from '../../src/queue/due/due-queue.ts'
import { startDueRole } from '../../src/queue/due/due-role.ts'
import { createConnectionStore } from '../../src/store/connections/redis-connections.ts'
import { encryptionKey } from '../../src/store/secrets/sealing.ts'
import { armedWith, reachedFailpoint } from '../support/failpoints.ts'
import { untilHolds } from '../support/polling.ts'
import { runCompiled } from '../support/processes.ts'
import { provideRedis } from '../support/provided-redis.ts'
import { onRealRedis } from '../support/redis.ts'
import { openStore, tenant } from '../support/store.ts'

const settings = {
  config: { access_token: 'token' },
  catalog: { streams: [{ stream: { name: 'tags', json_schema: {} }, sync_mode: 'full_refresh' as const }] },
}
const everyMs = 12_000

t.test('a worker that is frozen as it sees to due times makes nobody miss one', onRealRedis, async (t) => {
  const redis = await provideRedis(t)
  const store = openStore(redis, { keys: [encryptionKey('test', Buffer.alloc(32))] })
  const problems: unknown[] = []
  const onError = (error: unknown) => problems.push(error)
  const due = createDueQueue(redis.connect(), onError)
  t.teardown(() => due.close())
  const connections = createConnectionStore({ ...store, followSchedule: due.follow })
  const frozen = runCompiled(t, 'test/support/serve-process.js', ['--worker'], {
    REDIS_URL: `redis://127.0.0.1:${redis.port}`,
    DATA_DIR: t.testdir(),
    API_KEYS: `default:${'k'.repeat(24)}`,
    ENCRYPTION_KEYS: `test:${Buffer.alloc(32).toString('base64')}`,
    ...armedWith({ does: 'freeze', when: 'before', name: 'syncCreate', hit: 1 }),
  })
  await frozen.untilLine(/worker started/)
  const names = Array.from({ length: 40 }, (_, place) => `c${place}`)
  const schedule = { type: 'interval' as const, every: `PT${everyMs / 1000}S` }
  const firstDue = new Map<string, number>()
  for (const name of names) {
    await connections.put(tenant, name, settings, { schedule, ack: 'client' })
    const { runs } = await connections.read(tenant, name)
    firstDue.set(name, (runs?.record.sync?.setAt ?? 0) + everyMs)
  }
  // It never looks over all schedules again: only the ticks make it look.
  const clock = { ...systemClock, sleep: (_ms: number, signal?: AbortSignal) => endOf(signal) }
  const role = startDueRole({ ...store, connections, clock, onError })
  t.teardown(() => role.end())
  await frozen.untilLine(reachedFailpoint)
  const firstJob = async (connectionId: string) =>
    (await store.jobs.list(tenant, { limit: 100, connectionId })).items.at(-1)?.scheduledFor
  await untilHolds(async () => (await Promise.all(names.map(firstJob))).every((time) => time !== undefined))
  t.same(
    await Promise.all(names.map(firstJob)),
    names.map((name) => firstDue.get(name)),
    'each has the job of its first due time',
  )
  frozen.child.kill('SIGKILL')
  t.same(
    // On a busy machine a tick may be another's before it is done, which changes nothing.
    problems.filter((problem) => !/lock/i.test(String(problem))),
    [],
  )
})

function endOf(signal: AbortSignal | undefined): Promise<void> {
  return new Promise((_resolve, reject) => signal?.addEventListener('abort', () => reject(signal.reason)))
}
