import t from 'tap'
import { createDueQueue, schedulerId } from '../../src/queue/due/due-queue.ts'
import { reconcileSchedules } from '../../src/queue/due/due-role.ts'
import { createConnectionStore } from '../../src/store/connections/redis-connections.ts'
import { startRedis } from '../support/redis.ts'
import { openStore, tenant } from '../support/store.ts'

const server = await startRedis(t)
const store = openStore(server)
const problems: unknown[] = []
const due = createDueQueue(server.connect(), (error) => problems.push(error))
t.teardown(() => due.close())
const connections = createConnectionStore({ ...store, followSchedule: due.follow })
const settings = {
  config: { access_token: 'token' },
  catalog: { streams: [{ stream: { name: 'tags', json_schema: {} }, sync_mode: 'full_refresh' as const }] },
}
const daily = (hour: number) => ({ type: 'cron' as const, cron: `0 ${hour} * * *`, timeZone: 'UTC' })
const put = (connectionId: string, hour: number) =>
  connections.put(tenant, connectionId, settings, {
    schedule: daily(hour),
    ack: 'client',
    fullRefresh: { schedule: daily(hour + 1), streams: ['tags'] },
  })
/** The hours of the next ticks: of syncs, then of full refreshes. */
const hoursOf = async (connectionId: string) => {
  const ticks = await due.listTicks()
  return (['sync', 'refresh'] as const).map((kind) => {
    const tick = ticks.get(schedulerId({ tenant, connectionId }, kind))
    return tick === undefined ? undefined : new Date(tick).getUTCHours()
  })
}
const mend = () =>
  reconcileSchedules(
    { ...store, connections, onError: (error) => problems.push(error) },
    due,
    new AbortController().signal,
  )

t.test('ticks follow the schedule of a connection', async (t) => {
  await put('followed', 3)
  t.same(await hoursOf('followed'), [3, 4])
  await put('followed', 5)
  t.same(await hoursOf('followed'), [5, 6])
  await connections.pause(tenant, 'followed', true)
  t.same(await hoursOf('followed'), [undefined, undefined])
  await connections.pause(tenant, 'followed', false)
  t.same(await hoursOf('followed'), [5, 6])
  await connections.put(tenant, 'followed', settings)
  t.same(await hoursOf('followed'), [undefined, undefined])
  await put('followed', 7)
  await connections.remove(tenant, 'followed')
  t.same(await hoursOf('followed'), [undefined, undefined])
})

t.test('what a crash has left is mended: ticks that are gone, and ticks of an earlier schedule', async (t) => {
  await put('torn', 8)
  await store.connections.put(tenant, 'torn', settings, { schedule: daily(9), ack: 'client' })
  t.same(await hoursOf('torn'), [8, 9], 'the process died before it told BullMQ')
  await mend()
  t.same(await hoursOf('torn'), [9, undefined])
  const { queuePrefix } = store.redis.keyspace
  await store.redis.del(await store.redis.keys(`${queuePrefix}:due:*`))
  await mend()
  t.same(await hoursOf('torn'), [9, undefined])
  t.same(problems, [])
})
