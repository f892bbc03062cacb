import t from 'tap'
import { startApp } from '../support/app.ts'
import { startRedis } from '../support/redis.ts'
import { beginAttempt, commitOf, commitTo, syncRequest } from '../support/store.ts'

const server = await startRedis(t)
const api = await startApp(t, server)

const message = (name: string, stream_state: object) => ({
  type: 'STREAM',
  stream: { stream_descriptor: { name }, stream_state },
})
const read = async (jobId: number, query = '') => {
  const response = await api.fetch(`/v1/jobs/${jobId}/state${query}`)
  return { status: response.status, body: (await response.json()) as unknown }
}

/** Commits of two records and a STATE of `contacts` each, so that its checkpoints are at 3, 6, 9 …; `tags` speaks once, at 4. */
async function work(commits: number, states = {}) {
  const catalog = {
    streams: [
      { stream: { name: 'contacts', json_schema: {} }, sync_mode: 'incremental' as const },
      { stream: { name: 'tags', json_schema: {} }, sync_mode: 'full_refresh' as const },
    ],
  }
  const { jobId } = await api.store.jobs.create({ tenant: 'default', request: { ...syncRequest(), catalog, states } })
  let attempt = await beginAttempt(api.store, { jobId, fence: 1, attemptId: 'a' })
  for (let number = 0; number < commits; number++) {
    const { checkpoints, ...commit } = commitOf(number * 2 + 1, 2)
    const tags = { messageIndex: 1, streamName: 'tags', streamState: { done: true } }
    const mine = number === 1 ? [tags, ...checkpoints] : checkpoints
    const streams = ['contacts', 'tags'].map((streamName) => ({
      streamName,
      status: 'COMPLETE' as const,
      rowsSynced: 0,
    }))
    const given = { ...commit, checkpoints: mine, streams }
    attempt = await commitTo(api.store, attempt, `1-${number}`, given)
  }
  return jobId
}

const given = { contacts: { updated_at: 0 }, conversations: { updated_at: 77 } }

t.test('at every offset the states are the last checkpoints, or what the job began with', async (t) => {
  const jobId = await work(70, given)
  for (let at = 0; at <= 210; at++) {
    const checkpoints = Math.floor(at / 3)
    t.same(
      (await read(jobId, `?at=${at}`)).body,
      [
        message('contacts', { updated_at: checkpoints * 2 }),
        message('conversations', { updated_at: 77 }),
        ...(at >= 4 ? [message('tags', { done: true })] : []),
      ],
      `at ${at}`,
    )
  }
})

t.test('without an offset they are told once the job has ended', async (t) => {
  const jobId = await work(2, given)
  t.match(await read(jobId), { status: 409, body: { code: 'job_running', detail: /`at`/ } })
  await api.store.attempts.end(jobId, 1, { status: 'failed' })
  t.same((await read(jobId)).body, [
    message('contacts', { updated_at: 4 }),
    message('conversations', { updated_at: 77 }),
    message('tags', { done: true }),
  ])
})

t.test('a job that succeeded gives no states of full-refresh streams', async (t) => {
  const jobId = await work(2)
  await api.store.attempts.end(jobId, 1, { status: 'succeeded' })
  t.same((await read(jobId)).body, [message('contacts', { updated_at: 4 })])
  t.same((await read(jobId, '?at=5')).body, [message('contacts', { updated_at: 2 })])
})

t.test('what it answers starts the next job', async (t) => {
  const jobId = await work(2)
  await api.store.attempts.end(jobId, 1, { status: 'succeeded' })
  const state = (await read(jobId)).body
  const response = await api.fetch('/v1/jobs', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ config: { access_token: 'x' }, state }),
  })
  t.equal(response.status, 202)
  const next = (await response.json()) as { jobId: number }
  t.same((await read(next.jobId, '?at=0')).body, state)
})

t.test('an offset beyond the end and a log that is gone are told', async (t) => {
  const jobId = await work(1)
  t.match(await read(jobId, '?at=4'), { status: 416, body: { code: 'offset_out_of_range', messageCount: 3 } })
  t.match(await read(jobId, '?at=-1'), { status: 400, body: { errors: [{ pointer: 'at' }] } })
  await api.store.attempts.end(jobId, 1, { status: 'failed' })
  await api.store.redis.del(`intercom-sync:{job:${jobId}}:data-key`)
  t.match(await read(jobId, '?at=1'), { status: 410, body: { code: 'log_gone' } })
  t.match(await read(jobId, '?at=99'), { status: 410, body: { code: 'log_gone' } })
  t.match(await read(999_999), { status: 404, body: { code: 'job_not_found' } })
})
