import pino from 'pino'
import t from 'tap'
import type { ConnectionBody } from '../../src/http/bodies/connection-schemas.ts'
import { createMetrics } from '../../src/metrics.ts'
import { observeDueTimes } from '../../src/queue/due/due-log.ts'
import { handleDue } from '../../src/queue/due/handle-due.ts'
import { startApp } from '../support/app.ts'
import { createManualClock } from '../support/manual-clock.ts'
import { startRedis } from '../support/redis.ts'
import { beginAttempt, commitOf, commitTo } from '../support/store.ts'

const server = await startRedis(t)
const clock = createManualClock()
const api = await startApp(t, server, { clock, limits: { requestsPerMinute: 100_000 } })
const { redis } = api.store
const headers = { 'content-type': 'application/json' }
const warned: string[] = []
const logger = pino({ level: 'warn' }, { write: (line: string) => void warned.push(line) })

const read = async <Body>(path: string) => (await (await api.fetch(path)).json()) as Body
const put = (id: string) =>
  api.fetch(`/v1/connections/${id}?validate=false`, {
    method: 'PUT',
    headers,
    body: JSON.stringify({
      config: { access_token: 'token-of-a-connection' },
      streams: ['contacts'],
      schedule: { type: 'interval', every: 'PT1H' },
    }),
  })
/** An hour later: the job that the schedule has started by then. */
const nextJob = async (connectionId: string) => {
  clock.advance(3_600_000)
  const onDue = observeDueTimes(createMetrics(), logger)
  await handleDue({ ...api.store, clock, jobs: api.jobs, onDue }, { tenant: 'default', connectionId })
  return (await read<ConnectionBody>(`/v1/connections/${connectionId}`)).lastJob?.jobId ?? 0
}
/** Two commits with a STATE each; the first STATE is message 3, the second message 6. */
const sync = async (jobId: number) => {
  const progress = [{ streamName: 'contacts', status: 'COMPLETE' as const, rowsSynced: 2 }]
  let attempt = await beginAttempt(api.store, { jobId, fence: 1, attemptId: 'a' })
  for (const first of [1, 3]) attempt = await commitTo(api.store, attempt, String(first), commitOf(first, 2, progress))
  await api.store.attempts.end(jobId, 1, { status: 'succeeded' })
}
/** The retention is over: Redis drops all that is to be dropped one day. */
const expire = async (jobId: number) => {
  for (const key of await redis.keys(`*{job:${jobId}}*`)) if ((await redis.pttl(key)) > 0) await redis.pexpire(key, 0)
}

for (const [how, end] of [
  ['expired', expire],
  ['been deleted', (jobId: number) => api.fetch(`/v1/jobs/${jobId}/messages`, { method: 'DELETE' })],
] as const)
  t.test(
    `messages have ${how} unacknowledged: that is told, and the next sync begins where they were acknowledged`,
    async (t) => {
      const id = how.replace(' ', '-')
      await put(id)
      const first = await nextJob(id)
      await sync(first)
      await api.jobs.acknowledge('default', first, { held: 3, epoch: undefined })
      const acknowledged = await read(`/v1/connections/${id}/state`)
      t.equal(await nextJob(id), first, 'the second STATE is waited for')
      t.match(await read(`/v1/connections/${id}`), { health: 'waiting_for_acknowledgement', untakenRuns: 0 })

      await end(first)
      t.equal((await api.fetch(`/v1/jobs/${first}/messages`)).status, 410)
      const next = await nextJob(id)
      t.not(next, first)
      t.match(await read(`/v1/connections/${id}`), { untakenRuns: 1, skippedRuns: 1 })
      t.match(
        warned.filter((line) => line.includes(`"connectionId":"${id}"`)).map((line) => JSON.parse(line)),
        [{ level: 40, tenant: 'default', connectionId: id, msg: /gone before a client had acknowledged them/ }],
      )
      t.same(await read(`/v1/connections/${id}/state`), acknowledged)
      const begun = await api.store.attempts.begin({ jobId: next, fence: 1, attemptId: 'a' }, 'start', 'epoch')
      const request = typeof begun === 'string' ? undefined : begun.openRequest()
      t.same(request?.states.contacts, { updated_at: 2 }, 'the next sync begins there')
      await api.store.attempts.end(next, 1, { status: 'succeeded' })
      await nextJob(id)
      t.match(await read(`/v1/connections/${id}`), { untakenRuns: 1 }, 'it counts once')
    },
  )

t.test(
  'the last 100 jobs of a connection are listed with counts, times and failure when their messages have expired',
  async (t) => {
    await put('kept')
    const ids: number[] = []
    for (let count = 0; count < 102; count++) {
      const jobId = await nextJob('kept')
      ids.push(jobId)
      if (count === 101) await sync(jobId)
      else await api.store.attempts.end(jobId, 1, { status: count === 100 ? 'failed' : 'cancelled' })
    }
    const list = () => read<{ data: { jobId: number }[] }>('/v1/jobs?connectionId=kept&limit=100')
    const before = (await list()).data
    for (const jobId of ids) await expire(jobId)
    const after = (await list()).data
    t.same(
      after.map(({ jobId }) => jobId),
      ids.toReversed().slice(0, 100),
    )
    t.match(after[1], { status: 'failed' })
    t.match(after[0], { status: 'succeeded', rowsSynced: 4, messageCount: 6 })
    t.same(after, before.slice(0, 100), 'nothing of them is lost')
    t.equal((await api.fetch(`/v1/jobs/${ids.at(-1)}/messages`)).status, 410)
    t.equal((await api.fetch(`/v1/jobs/${ids[0]}`)).status, 404)
  },
)
