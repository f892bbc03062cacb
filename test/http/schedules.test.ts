import t from 'tap'
import type { ConnectionBody } from '../../src/http/bodies/connection-schemas.ts'
import type { Problem } from '../../src/http/requests/problem.ts'
import { handleDue } from '../../src/queue/due/handle-due.ts'
import { startApp } from '../support/app.ts'
import { createManualClock } from '../support/manual-clock.ts'
import { startRedis } from '../support/redis.ts'

const server = await startRedis(t)
/** Two hours before the clocks of Berlin are put on. */
const clock = createManualClock(Date.UTC(2026, 2, 28, 23))
const api = await startApp(t, server, { clock, scheduleMinIntervalMs: 60_000, limits: { requestsPerMinute: 100_000 } })

const ask = async (method: string, path: string, body?: object) => {
  const response = await api.fetch(`/v1/connections/${path}${method === 'PUT' ? '?validate=false' : ''}`, {
    method,
    ...(body && { headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }),
  })
  const value = (await response.json()) as ConnectionBody & Problem & { data: ConnectionBody[] }
  return { status: response.status, change: response.headers.get('connection-change'), value }
}
const base = { config: { access_token: 'token-of-a-connection' }, streams: ['contacts', 'tags'] }
const nightly = { type: 'cron', cron: '30 2 * * *', timeZone: 'Europe/Berlin' }

t.test('a connection shows its schedule and its next runs, from the code that runs them', async (t) => {
  t.equal((await ask('PUT', 'nightly', { ...base, schedule: nightly })).status, 201)
  const { value } = await ask('GET', 'nightly')
  t.match(value, { schedule: nightly, ack: 'client', paused: false, health: 'ok', skippedRuns: 0, untakenRuns: 0 })
  t.same(value.nextRuns, [
    // Half past two does not exist on that day.
    '2026-03-29T01:00:00.000Z',
    '2026-03-30T00:30:00.000Z',
    '2026-03-31T00:30:00.000Z',
    '2026-04-01T00:30:00.000Z',
    '2026-04-02T00:30:00.000Z',
  ])
  const { data } = (await (await api.fetch('/v1/connections')).json()) as { data: ConnectionBody[] }
  t.same(data.find(({ connectionId }) => connectionId === 'nightly')?.nextRuns, ['2026-03-29T01:00:00.000Z'])
})

t.test('what GET gave goes back into PUT, and changes nothing', async (t) => {
  const fullRefresh = { schedule: { type: 'interval', every: 'P1W' }, streams: ['tags'] }
  await ask('PUT', 'same', { ...base, schedule: nightly, ack: 'on_success', fullRefresh })
  const { value } = await ask('GET', 'same')
  clock.advance(1000)
  const again = await ask('PUT', 'same', value)
  t.equal(again.change, 'unchanged')
  const { lastUpdatedAt: _, ...kept } = value
  t.match(await ask('GET', 'same'), { value: kept })
  t.equal((await ask('PUT', 'same', { ...value, ack: 'client' })).change, 'changed')
  t.match(await ask('PUT', 'same', base), {
    change: 'changed',
    value: { schedule: { type: 'manual' }, nextRuns: undefined },
  })
})

t.test('what is wrong with a schedule is told with its place', async (t) => {
  const faultsOf = async (body: object) => (await ask('PUT', 'wrong', { ...base, ...body })).value.errors ?? []
  const cases: [body: object, pointers: string[]][] = [
    [{ schedule: { type: 'cron', cron: '61 * * * *' } }, ['/schedule/cron']],
    [{ schedule: { type: 'cron', cron: '0 0 30 2 *' } }, ['/schedule/cron']],
    [{ schedule: { type: 'cron' } }, ['/schedule/cron']],
    [{ schedule: { type: 'cron', cron: '0 3 * * *', timeZone: 'Berlin' } }, ['/schedule/timeZone']],
    [{ schedule: { type: 'interval', every: 'PT59S' } }, ['/schedule/every']],
    [{ schedule: { type: 'interval', every: 'P1M' } }, ['/schedule/every']],
    [{ schedule: { type: 'interval', every: 'PT1H', cron: '0 3 * * *' } }, ['/schedule/cron']],
    [{ schedule: { type: 'hourly' } }, ['/schedule/type']],
    [{ ack: 'never' }, ['/ack']],
    [{ fullRefresh: { schedule: nightly, streams: ['contacts', 'companies'] } }, ['/fullRefresh/streams/1']],
    [{ fullRefresh: { schedule: { type: 'manual' }, streams: ['tags'] } }, ['/fullRefresh/schedule/type']],
    [{ fullRefresh: { schedule: nightly, streams: [] } }, ['/fullRefresh/streams']],
  ]
  for (const [body, pointers] of cases) {
    const faults = await faultsOf(body)
    t.same(
      faults.map(({ pointer }) => pointer),
      pointers,
      JSON.stringify(body),
    )
  }
  t.equal((await ask('GET', 'wrong')).status, 404)
})

t.test(
  'pause and resume: nothing is due meanwhile, nothing counts as skipped, and nothing is made up for',
  async (t) => {
    const hourly = { type: 'interval', every: 'PT1H' }
    await ask('PUT', 'paused', { ...base, schedule: hourly })
    const lookNow = () =>
      handleDue({ ...api.store, clock, jobs: api.jobs }, { tenant: 'default', connectionId: 'paused' })
    t.match(await ask('POST', 'paused/pause'), { status: 200, value: { paused: true, nextRuns: [] } })
    clock.advance(3.5 * 3_600_000)
    await lookNow()
    t.match((await ask('PUT', 'paused', { ...base, schedule: hourly })).value, { paused: true }, 'PUT leaves it paused')
    t.match(await ask('POST', 'paused/resume'), { status: 200, value: { paused: false, skippedRuns: 0 } })
    await lookNow()
    t.notOk((await ask('GET', 'paused')).value.lastJob)
    clock.advance(0.5 * 3_600_000)
    await lookNow()
    const scheduledFor = new Date(clock.now()).toISOString()
    const { lastJob } = (await ask('GET', 'paused')).value
    t.match(lastJob, { status: 'pending', jobType: 'sync', scheduledFor })
    t.match(await (await api.fetch(`/v1/jobs/${lastJob?.jobId}`)).json(), { scheduledFor })
    t.match(await ask('POST', 'nobody/pause'), { status: 404, value: { code: 'connection_not_found' } })
  },
)

t.test(
  'a connection says that it waits for an acknowledgement, that it fails, and when it last succeeded',
  async (t) => {
    await ask('PUT', 'told', { ...base, schedule: { type: 'interval', every: 'PT2H' } })
    const nextJob = async () => {
      clock.advance(2 * 3_600_000)
      await handleDue({ ...api.store, clock, jobs: api.jobs }, { tenant: 'default', connectionId: 'told' })
      return (await ask('GET', 'told')).value.lastJob?.jobId ?? 0
    }
    const first = await nextJob()
    const worker = await api.work(first)
    await worker.commit(2, 'COMPLETE')
    await worker.end('succeeded')
    const lastSuccessAt = new Date(clock.now()).toISOString()
    t.match((await ask('GET', 'told')).value, { health: 'waiting_for_acknowledgement', lastSuccessAt })
    t.equal(await nextJob(), first)
    t.match((await ask('GET', 'told')).value, { skippedRuns: 1 })
    const { messageCount } = (await (await api.fetch(`/v1/jobs/${first}`)).json()) as { messageCount: number }
    await api.jobs.acknowledge('default', first, { held: messageCount, epoch: undefined })
    t.match((await ask('GET', 'told')).value, { health: 'ok' })
    for (let failures = 0; failures < 5; failures++) await (await api.work(await nextJob())).end('failed')
    const { health, consecutiveFailures, lastJob, nextRuns } = (await ask('GET', 'told')).value
    t.match(
      { health, consecutiveFailures, lastJob },
      { health: 'failing', consecutiveFailures: 5, lastJob: { status: 'failed' } },
    )
    t.equal(nextRuns?.length, 5)
    await ask('PUT', 'told', { ...base, schedule: nightly })
    t.match((await ask('GET', 'told')).value, { lastSuccessAt, skippedRuns: 1 }, 'another schedule forgets nothing')
  },
)
