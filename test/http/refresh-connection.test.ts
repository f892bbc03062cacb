import t from 'tap'
import { truthOf } from '../../simulator/truth/truth.ts'
import type { Problem } from '../../src/http/requests/problem.ts'
import { SyncRequestSchema } from '../../src/store/stored-request.ts'
import { readStored } from '../../src/stored/stored-data.ts'
import { parseLines } from '../support/engine.ts'
import { startEngineService } from '../support/engine-service.ts'
import { listenSimulator } from '../support/listening-simulator.ts'
import { startRedis } from '../support/redis.ts'
import { beginAttempt } from '../support/store.ts'

const intercom = await listenSimulator(t, {
  contacts: 60,
  conversations: 30,
  longConversations: 0,
  companies: 25,
  tickets: 20,
  activityLogs: 40,
  oddities: false,
})
const server = await startRedis(t)
const api = await startEngineService(t, server, { intercomUrl: intercom.url })
const byTime = [
  'contacts',
  'conversations',
  'conversation_parts',
  'companies',
  'tickets',
  'ticket_parts',
  'activity_logs',
]
const streams = [...byTime, 'tags']

const call = async <Body = Record<string, unknown>>(method: string, path: string, body?: object) => {
  const response = await api.fetch(`/v1${path}`, {
    method,
    ...(body && { headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }),
  })
  return { status: response.status, value: (await response.json()) as Body }
}
const put = (id: string, config: object = {}) =>
  call('PUT', `/connections/${id}`, { config: { access_token: 'simulator-token', ...config }, streams })

async function untilEnded(jobId: number) {
  for (;;) {
    const { value } = await call<{ status: string; jobType: string }>('GET', `/jobs/${jobId}?wait=50`)
    if (['succeeded', 'failed', 'cancelled'].includes(value.status)) return value
  }
}

/** The names and keys of the records that a refresh delivers, and nothing but. */
async function refresh(id: string, range: { since: string; until?: string }): Promise<string[]> {
  const started = await call<{ jobId: number }>('POST', `/connections/${id}/refresh`, { streams: byTime, ...range })
  const ended = await untilEnded(started.value.jobId)
  if (started.status !== 202 || ended.status !== 'succeeded') throw new Error(JSON.stringify([started, ended]))
  const log = await (await api.fetch(`/v1/jobs/${started.value.jobId}/messages`)).arrayBuffer()
  return parseLines(Buffer.from(log)).flatMap(({ record }) =>
    record ? [`${record.stream} ${String(record.data.id)}`] : [],
  )
}

const lines = [...truthOf(intercom.workspace, { streams: byTime })].flatMap(
  ({ stream, id, updatedAt, visibleUntil }) =>
    visibleUntil === null && updatedAt !== null ? [{ stream, id, updatedAt }] : [],
)
const times = lines.map(({ updatedAt }) => updatedAt).toSorted((one, other) => one - other)
const at = (share: number) => times[Math.floor((times.length - 1) * share)] ?? 0
/** When a record in the middle of the stream was updated. */
const amid = (name: string) => {
  const own = lines.flatMap(({ stream, updatedAt }) => (stream === name ? [updatedAt] : []))
  return own.toSorted((one, other) => one - other)[Math.floor(own.length / 2)] ?? 0
}
const toTime = (seconds: number) => new Date(seconds * 1000).toISOString().replace('.000Z', 'Z')
const expected = (since: number, until = Number.POSITIVE_INFINITY) =>
  lines
    .filter(({ updatedAt }) => updatedAt >= since && updatedAt < until)
    .map(({ stream, id }) => `${stream} ${id.split('/').at(-1)}`)

t.test('a refresh delivers the rows of its time, all of them and no others, as often as it is asked to', async (t) => {
  await put('rows')
  // A time of a record itself: since takes it in, until does not.
  for (const [since, until] of [
    [at(0.3), at(0.6)],
    [at(0.5), at(0.5) + 1],
    [at(0.8), undefined],
    [times[0] ?? 0, at(0.1)],
    [at(1) + 1, undefined],
    ...byTime.map((name) => [amid(name) - 1, amid(name)] as const),
  ] as const) {
    const range = { since: toTime(since), ...(until !== undefined && { until: toTime(until) }) }
    const wanted = expected(since, until).toSorted()
    t.same((await refresh('rows', range)).toSorted(), wanted, `${wanted.length} rows`)
    t.same((await refresh('rows', range)).toSorted(), wanted, 'once more')
  }
})

t.test('it neither reads nor moves the state, and does not go back behind the start date', async (t) => {
  await put('stateful', { start_date: toTime(at(0.5)) })
  const job = await call<{ jobId: number }>('POST', '/jobs', { connectionId: 'stateful' })
  await untilEnded(job.value.jobId)
  const { value } = await call<{ messageCount: number }>('GET', `/jobs/${job.value.jobId}`)
  await call('POST', `/jobs/${job.value.jobId}/ack`, { offset: value.messageCount })
  const state = (await call('GET', '/connections/stateful/state')).value
  const rows = await refresh('stateful', { since: toTime(at(0.2)), until: toTime(at(0.7)) })
  t.same(rows.toSorted(), expected(at(0.5), at(0.7)).toSorted())
  const jobs = await call<{ data: { jobId: number; jobType: string; messageCount: number }[] }>(
    'GET',
    '/jobs?connectionId=stateful',
  )
  const [latest] = jobs.value.data
  t.equal(latest?.jobType, 'refresh')
  t.equal((await call('POST', `/jobs/${latest?.jobId}/ack`, { offset: latest?.messageCount ?? 0 })).status, 200)
  t.same((await call('GET', '/connections/stateful/state')).value, state)
})

t.test('what cannot be refreshed is told with its place', async (t) => {
  await put('refused')
  const since = '2025-01-01T00:00:00Z'
  const pointersOf = async (body: object) => {
    const { status, value } = await call<Problem>('POST', '/connections/refused/refresh', body)
    return [status, ...(value.errors ?? []).map(({ pointer }) => pointer)]
  }
  t.same(await pointersOf({ streams: ['contacts', 'tags', 'admins'], since }), [400, '/streams/1', '/streams/2'])
  t.same(await pointersOf({ streams: [], since }), [400, '/streams'])
  t.same(await pointersOf({ streams: ['contacts'] }), [400, '/since'])
  t.same(await pointersOf({ streams: ['contacts'], since: '2025-02-30T00:00:00Z' }), [400, '/since'])
  t.same(await pointersOf({ streams: ['contacts'], since: '2025-01-01' }), [400, '/since'])
  t.same(await pointersOf({ streams: ['contacts'], since, until: since }), [400, '/until'])
  t.match(await call('POST', '/connections/nobodys/refresh', { streams: ['contacts'], since }), { status: 404 })
  const ask = () => call('POST', '/connections/refused/refresh', { streams: ['contacts'], since })
  const [one, other] = await Promise.all([ask(), ask()])
  t.same([one.status, other.status].toSorted(), [202, 409], 'one job at a time')
})

t.test('a process of the version before hands on a job that ends at a time: it would read to the end', async (t) => {
  const request = { config: { access_token: 'simulator-token' }, catalog: { streams: [] }, states: {} }
  const { jobId } = await api.store.jobs.create({ tenant: 'default', request: { ...request, until: 5 } })
  const attempt = await beginAttempt(api.store, { jobId, fence: 1, attemptId: 'a' })
  const opened = attempt.openRequest()
  t.match(opened, { v: 3, until: 5 })
  t.throws(() => readStored(SyncRequestSchema, opened, 'the request', 2), { code: 'data_unreadable' })
})
