import t from 'tap'
import { createMetrics } from '../../src/metrics.ts'
import { handleDue } from '../../src/queue/due/handle-due.ts'
import { collectFigures } from '../../src/queue/figures.ts'
import { createSyncQueue } from '../../src/queue/sync-queue.ts'
import { noSchedule } from '../../src/store/connections/connection-store.ts'
import { createManualClock } from '../support/manual-clock.ts'
import { parseMetrics } from '../support/metrics.ts'
import { startRedis } from '../support/redis.ts'
import { beginAttempt, openStore, tenant } from '../support/store.ts'

const minute = 60_000
const hour = 60 * minute
const server = await startRedis(t)
const clock = createManualClock()
const start = clock.now()
const store = openStore(server, { clock })
const metrics = createMetrics()
const queue = createSyncQueue(store.redis, () => undefined)
t.teardown(() => queue.close())
collectFigures({ metrics, redis: store.redis, queue, clock, namesConnections: true })
const figures = async () => {
  const samples = parseMetrics(await metrics.render())
  return {
    count: samples.get('intercom_sync_scheduled_connections'),
    lag: samples.get('intercom_sync_schedule_lag_seconds'),
    named: [...samples.keys()].filter((name) => name.startsWith('intercom_sync_connection_failures_in_a_row{')).length,
    of(connectionId: string) {
      const figure = (name: string) =>
        samples.get(`intercom_sync_connection_${name}{tenant="${tenant}",connection="${connectionId}"}`)
      return {
        lastSuccess: figure('last_success_timestamp_seconds'),
        due: figure('due_since_success'),
        failures: figure('failures_in_a_row'),
        skipped: figure('skipped_runs'),
      }
    },
  }
}

const settings = {
  config: { access_token: 'token' },
  catalog: { streams: [{ stream: { name: 'tags', json_schema: {} }, sync_mode: 'full_refresh' as const }] },
}
const hourly = { type: 'interval' as const, every: 'PT1H' }
const put = (connectionId: string, schedule: object = { schedule: hourly }) =>
  store.connections.put(tenant, connectionId, settings, { ...noSchedule, ...schedule })
const remove = (connectionId: string) => store.connections.remove(tenant, connectionId)
const lookAt = (connectionId: string) => handleDue(store, { tenant, connectionId })
async function endLatest(connectionId: string, status: 'succeeded' | 'failed') {
  const [job] = (await store.jobs.list(tenant, { limit: 1, connectionId })).items
  await beginAttempt(store, { jobId: job?.jobId ?? 0, fence: 1, attemptId: 'a' })
  await store.attempts.end(job?.jobId ?? 0, 1, { status })
}

t.test('the figures of a schedule follow what is due, what failed and what succeeded', async (t) => {
  t.match(await figures(), { count: 0, lag: 0, named: 0 })
  await put('one')
  t.match(await figures(), { count: 1, lag: 0 })
  clock.advance(2.5 * hour)
  t.match(await figures(), { count: 1, lag: 1.5 * 3600 })
  t.same((await figures()).of('one'), { lastSuccess: start / 1000, due: 2, failures: 0, skipped: 0 })
  await lookAt('one')
  t.match(await figures(), { lag: 0 })
  t.same((await figures()).of('one'), { lastSuccess: start / 1000, due: 2, failures: 0, skipped: 1 })
  await endLatest('one', 'failed')
  t.match((await figures()).of('one'), { due: 2, failures: 1 })
  clock.advance(hour)
  await lookAt('one')
  await endLatest('one', 'succeeded')
  t.same((await figures()).of('one'), { lastSuccess: clock.now() / 1000, due: 0, failures: 0, skipped: 1 })
  clock.advance(200 * hour)
  t.match((await figures()).of('one'), { due: 100 }, 'counted up to 100')
  await store.connections.pause(tenant, 'one', true)
  t.match(await figures(), { count: 0, lag: 0, named: 0 })
  await remove('one')
})

t.test(
  'full refreshes alone are a schedule, too; one that waits for a job of its connection is not late',
  async (t) => {
    const fullRefresh = { schedule: hourly, streams: ['tags'] }
    await put('refreshed', { fullRefresh })
    t.match(await figures(), { count: 1, lag: 0, named: 0 })
    clock.advance(1.25 * hour)
    t.match(await figures(), { count: 1, lag: 900 })
    await lookAt('refreshed')
    t.match(await figures(), { lag: 0 })
    clock.advance(hour)
    await lookAt('refreshed')
    t.match(await figures(), { lag: 0 }, 'the first one is under way')
    await endLatest('refreshed', 'succeeded')
    t.match(await figures(), { lag: 900 }, 'nothing is in its way any more')
    await remove('refreshed')

    await put('both', { schedule: { type: 'interval', every: 'PT2H' }, fullRefresh })
    clock.advance(2.5 * hour)
    t.match(await figures(), { count: 1, lag: 1.5 * 3600, named: 1 }, 'the full refresh has waited longest')
    await remove('both')
  },
)

t.test('more connections than have figures of their own are counted, and the last one may be late', async (t) => {
  const others = Array.from({ length: 1000 }, (_, place) => `n${place}`)
  await put('z')
  clock.advance(hour + 10 * minute)
  await Promise.all(others.map((id) => put(id)))
  t.match(await figures(), { count: 1001, lag: 600, named: 1000 })
  await store.connections.pause(tenant, 'n0', true)
  t.match(await figures(), { count: 1000, lag: 600, named: 1000 }, 'a paused one takes no place')
})
