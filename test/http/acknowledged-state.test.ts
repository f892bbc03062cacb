import t from 'tap'
import { startApp } from '../support/app.ts'
import { startRedis } from '../support/redis.ts'
import { beginAttempt, commitOf, commitTo } from '../support/store.ts'

const server = await startRedis(t)
const api = await startApp(t, server, { limits: { requestsPerMinute: 100_000 } })

interface Answer {
  jobId: number
  offset: number
  states: unknown[]
}

const call = async (method: string, path: string, body?: unknown) => {
  const response = await api.fetch(path, {
    method,
    ...(body !== undefined && { headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }),
  })
  return { status: response.status, body: (await response.json()) as Answer }
}
const ack = (jobId: number, offset: number) => call('POST', `/v1/jobs/${jobId}/ack`, { offset })
const statePath = (connectionId: string, stream?: string) =>
  `/v1/connections/${connectionId}/state${stream ? `?stream=${stream}` : ''}`
const stateOf = async (connectionId: string, stream?: string) =>
  (await call('GET', statePath(connectionId, stream))).body as unknown
const message = (name: string, stream_state: object) => ({
  type: 'STREAM',
  stream: { stream_descriptor: { name }, stream_state },
})
const contacts = (updated_at: number) => [message('contacts', { updated_at })]

let made = 0
async function newConnection() {
  const connectionId = `c${++made}`
  await call('PUT', `/v1/connections/${connectionId}?validate=false`, {
    config: { access_token: 'x' },
    streams: ['contacts', 'tags'],
  })
  return connectionId
}

/** A job that has written commits of two records and a STATE of contacts each: checkpoints at 3, 6, 9 … say 2, 4, 6 …; `tags` at 4. */
async function startJob(connectionId: string, commits: number) {
  const { jobId } = (await call('POST', '/v1/jobs', { connectionId })).body
  let attempt = await beginAttempt(api.store, { jobId, fence: 1, attemptId: 'a' })
  for (let number = 0; number < commits; number++) {
    const { checkpoints, ...commit } = commitOf(number * 2 + 1, 2)
    const tags = { messageIndex: 1, streamName: 'tags', streamState: { done: true } }
    const all = { ...commit, checkpoints: number === 1 ? [tags, ...checkpoints] : checkpoints }
    attempt = await commitTo(api.store, attempt, `1-${number}`, all)
  }
  const end = (status: 'failed' | 'succeeded' = 'failed') => api.store.attempts.end(jobId, 1, { status })
  return { jobId, states: attempt.openRequest().states, end }
}

t.test('an acknowledgement moves the state to the last checkpoints it covers, and never back', async (t) => {
  const connectionId = await newConnection()
  const { jobId, end } = await startJob(connectionId, 30)
  t.same(await stateOf(connectionId), [])
  t.same(await ack(jobId, 2), { status: 200, body: { offset: 2, states: [] } })
  t.same(await ack(jobId, 8), { status: 200, body: { offset: 8, states: contacts(4) } }, 'none of a full refresh')
  t.same(await ack(jobId, 3), { status: 200, body: { offset: 8, states: contacts(4) } }, 'older: as it is')
  t.same(await ack(jobId, 8), { status: 200, body: { offset: 8, states: contacts(4) } }, 'again')
  await end()
  t.same(await ack(jobId, 90), { status: 200, body: { offset: 90, states: contacts(60) } }, 'also after the end')
  t.same(await stateOf(connectionId), contacts(60))
  t.equal((await api.store.messages.read(jobId, 0, 1e6)).messageCount > 0, true, 'nothing is trimmed')
})

t.test('the next job begins where the acknowledged messages end; full refreshes begin anew', async (t) => {
  const connectionId = await newConnection()
  const first = await startJob(connectionId, 5)
  await ack(first.jobId, 10)
  await first.end()
  const second = await startJob(connectionId, 0)
  t.same(second.states, { contacts: { updated_at: 6 } })
  await second.end()
  t.same(await stateOf(connectionId), contacts(6), 'a job that nobody acknowledged moves nothing')
  const { jobId } = (await call('POST', '/v1/jobs', { connectionId, state: contacts(1) })).body
  const attempt = await beginAttempt(api.store, { jobId, fence: 1, attemptId: 'a' })
  t.same(attempt.openRequest().states, { contacts: { updated_at: 1 } }, 'a state in the body wins')
})

t.test('a job loses its word when a later one was acknowledged, not when it was only begun', async (t) => {
  const connectionId = await newConnection()
  const first = await startJob(connectionId, 5)
  await first.end()
  const second = await startJob(connectionId, 2)
  t.match(await ack(first.jobId, 3), { status: 200, body: { states: contacts(2) } })
  t.match(await ack(second.jobId, 6), { status: 200, body: { states: contacts(4) } })
  const superseded = { status: 409, body: { code: 'ack_superseded' } }
  t.match(await ack(first.jobId, 9), superseded)
  t.match(await ack(first.jobId, 3), superseded)
  t.same(await stateOf(connectionId), contacts(4))
})

for (const [what, change] of [
  ['set', (id: string) => call('PUT', statePath(id), contacts(1))],
  ['set for another stream', (id: string) => call('PUT', statePath(id, 'tags'), [message('tags', {})])],
  ['reset', (id: string) => call('DELETE', statePath(id))],
  ['lost with its connection', (id: string) => call('DELETE', `/v1/connections/${id}`)],
] as const)
  t.test(`a job loses its word when the state was ${what}; what was set stays`, async (t) => {
    const connectionId = await newConnection()
    const { jobId, end } = await startJob(connectionId, 5)
    await ack(jobId, 3)
    await end()
    t.equal((await change(connectionId)).status, 200)
    const before = await stateOf(connectionId)
    t.match(await ack(jobId, 15), { status: 409, body: { code: 'ack_superseded' } })
    t.same(await stateOf(connectionId), before)
    await call('PUT', `/v1/connections/${connectionId}?validate=false`, {
      config: { access_token: 'x' },
      streams: ['contacts'],
    })
    t.match(await ack(jobId, 15), { status: 409, body: { code: 'ack_superseded' } }, 'nor of one made anew')
    const next = await startJob(connectionId, 1)
    t.equal((await ack(next.jobId, 3)).status, 200)
  })

t.test('the state is set and reset as a whole or by stream', async (t) => {
  const connectionId = await newConnection()
  const tags = message('tags', { x: 1 })
  t.same((await call('PUT', statePath(connectionId), [tags, ...contacts(5)])).body, [...contacts(5), tags])
  t.same(await stateOf(connectionId, 'tags'), [tags])
  t.same((await call('PUT', statePath(connectionId, 'contacts'), contacts(7))).body, [...contacts(7), tags])
  t.same((await call('DELETE', statePath(connectionId, 'tags'))).body, contacts(7))
  t.same((await call('PUT', statePath(connectionId), [tags])).body, [tags], 'what is left out is gone')
  t.same((await call('DELETE', statePath(connectionId))).body, [])
})

t.test('while a job runs the state can be read, not set', async (t) => {
  const connectionId = await newConnection()
  const { jobId, end } = await startJob(connectionId, 1)
  const busy = { status: 409, body: { code: 'connection_busy', jobId } }
  t.match(await call('PUT', statePath(connectionId), contacts(1)), busy)
  t.match(await call('DELETE', statePath(connectionId, 'contacts')), busy)
  t.same(await stateOf(connectionId), [])
  await end()
  t.equal((await call('PUT', statePath(connectionId), contacts(1))).status, 200)
})

t.test('a state that no job could use is refused, naming the place in the body', async (t) => {
  const connectionId = await newConnection()
  const bad: [body: unknown, pointer: string, stream?: string][] = [
    [[{ type: 'STREAM' }], '/0'],
    [[...contacts(1), message('tags', [])], '/1/stream/stream_state'],
    [[message('contacts', { updated_at: 'soon' })], '/0/stream/stream_state/updated_at'],
    [contacts(1), '', 'tags'],
    [contacts(1), 'stream', 'nothing'],
    [{}, ''],
    [null, ''],
    [{ bookmarks: {} }, ''],
    [undefined, ''],
  ]
  for (const [body, pointer, stream] of bad)
    t.match(
      await call('PUT', statePath(connectionId, stream), body),
      { status: 400, body: { code: 'invalid_request', errors: [{ pointer }] } },
      JSON.stringify(body),
    )
  t.match(await call('GET', statePath('nope')), { status: 404, body: { code: 'connection_not_found' } })
  t.match(await call('PUT', statePath('nope'), []), { status: 404, body: { code: 'connection_not_found' } })
  t.same(await stateOf(connectionId), [])
})

t.test('an acknowledgement that cannot be is refused and moves nothing', async (t) => {
  const connectionId = await newConnection()
  const { jobId, end } = await startJob(connectionId, 2)
  t.match(await ack(jobId, 7), { status: 416, body: { code: 'offset_out_of_range', messageCount: 6 } })
  t.match(await ack(jobId, -1), { status: 400, body: { errors: [{ pointer: '/offset' }] } })
  t.match(await call('POST', `/v1/jobs/${jobId}/ack`, {}), { status: 400, body: { errors: [{ pointer: '/offset' }] } })
  t.match(await ack(999_999, 0), { status: 404, body: { code: 'job_not_found' } })
  await end()
  await api.store.redis.del(`intercom-sync:{job:${jobId}}:data-key`)
  t.match(await ack(jobId, 3), { status: 410, body: { code: 'log_gone' } })
  t.same(await stateOf(connectionId), [])
})

t.test('messages of a job without a connection are acknowledged, too, and only forward', async (t) => {
  const jobId = await api.createJob()
  const worker = await api.work(jobId)
  for (let commit = 0; commit < 3; commit++) await worker.commit(2)
  t.match(await ack(jobId, 7), { status: 200, body: { offset: 7, states: contacts(4) } })
  t.match(await ack(jobId, 3), { status: 200, body: { offset: 7, states: contacts(4) } })
  t.match(await ack(jobId, 10), { status: 416, body: { code: 'offset_out_of_range', messageCount: 9 } })
  t.match(await call('POST', `/v1/jobs/${jobId}/ack`, { offset: 1, epoch: 'another' }), {
    status: 409,
    body: { code: 'log_rewound' },
  })
})

t.test('acknowledgements at once, in any order, end at the furthest', async (t) => {
  const connectionId = await newConnection()
  const { jobId } = await startJob(connectionId, 60)
  const offsets = Array.from({ length: 90 }, (_, index) => (index * 53) % 180)
  await Promise.all(offsets.map((offset) => ack(jobId, offset)))
  t.same(await stateOf(connectionId), contacts(Math.floor(Math.max(...offsets) / 3) * 2))
})
