import t from 'tap'
import type { ConnectionBody } from '../../src/http/bodies/connection-schemas.ts'
import { createDueQueue, schedulerId } from '../../src/queue/due/due-queue.ts'
import { reconcileSchedules } from '../../src/queue/due/due-role.ts'
import { handleDue } from '../../src/queue/due/handle-due.ts'
import { encryptionKey } from '../../src/store/secrets/sealing.ts'
import { startApp } from '../support/app.ts'
import { createManualClock } from '../support/manual-clock.ts'
import { startRedis } from '../support/redis.ts'
import { openStore } from '../support/store.ts'
import { writeImage } from './redis-image.ts'
import { readSchedulesFile } from './schedules-file.ts'

/** Of a service whose keys name no other. */
const tenant = 'default'
const hour = 3_600_000
const golden = readSchedulesFile()
const server = await startRedis(t)
const clock = createManualClock(golden.writtenAt)
const keys = [encryptionKey('test', Buffer.alloc(32))]
const store = openStore(server, { clock, keys })
await writeImage(store.redis, golden.redis)
const app = await startApp(t, server, { clock, keys })
const ask = async <Body>(path: string, init?: RequestInit) => (await (await app.fetch(path, init)).json()) as Body
const connection = (connectionId: string) => ask<ConnectionBody>(`/v1/connections/${connectionId}`)
const look = (connectionId: string) => handleDue(store, { tenant, connectionId })
const dueTimesOf = async (connectionId: string) =>
  (await store.jobs.list(tenant, { limit: 10, connectionId })).items.flatMap(({ scheduledFor, jobType }) =>
    scheduledFor === undefined ? [] : [`${jobType} ${new Date(scheduledFor).toISOString()}`],
  )

t.test('connections of an earlier version are shown as they were, and their deliveries', async (t) => {
  for (const before of golden.connections) {
    const { catalog, ...shown } = await connection(before.connectionId)
    t.same(shown, before)
    t.ok(catalog)
  }
  t.same(await ask('/v1/connections/nightly/deliveries'), golden.deliveries)
})

t.test('their due times have ticks once a worker has looked them over', async (t) => {
  const problems: unknown[] = []
  const due = createDueQueue(server.connect(), (error) => problems.push(error))
  t.teardown(() => due.close())
  await reconcileSchedules({ ...store, onError: (error) => problems.push(error) }, due, new AbortController().signal)
  const ticks = await due.listTicks()
  for (const { connectionId, nextRuns } of golden.connections)
    t.equal(ticks.has(schedulerId({ tenant, connectionId }, 'sync')), (nextRuns?.length ?? 0) > 0, connectionId)
  t.ok(ticks.has(schedulerId({ tenant, connectionId: 'nightly' }, 'refresh')))
  t.same(problems, [])
})

t.test('two days later each runs once for all that was due, and what holds a run back still does', async (t) => {
  clock.advance(48 * hour)
  for (const { connectionId } of golden.connections) await look(connectionId)
  const latest = golden.connections.find(({ connectionId }) => connectionId === 'nightly')?.nextRuns?.[1]
  t.same(await dueTimesOf('nightly'), [`sync ${latest}`])
  t.match(await connection('nightly'), { skippedRuns: 1, lastJob: { status: 'pending' } })
  t.match(await connection('failing'), { skippedRuns: 47, lastJob: { status: 'pending' }, consecutiveFailures: 1 })
  t.same(await dueTimesOf('paused'), [])
  t.match(await connection('paused'), { skippedRuns: 0, paused: true })
  t.same(await dueTimesOf('hourly'), [], 'its messages are not acknowledged')
  t.match(await connection('hourly'), { skippedRuns: 48, health: 'waiting_for_acknowledgement' })
})

t.test('once its messages are acknowledged, the next run goes on from their states', async (t) => {
  const { lastJob } = await connection('hourly')
  const { messageCount } = await ask<{ messageCount: number }>(`/v1/jobs/${lastJob?.jobId}`)
  await store.jobs.acknowledge(tenant, lastJob?.jobId ?? 0, { held: messageCount, epoch: undefined })
  clock.advance(hour)
  await look('hourly')
  t.equal((await dueTimesOf('hourly')).length, 1)
  const { states } = await store.connections.readStart(tenant, 'hourly')
  t.same(Object.keys(states), ['contacts'])
})
