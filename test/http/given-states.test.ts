import t from 'tap'
import { parseSyncRequest } from '../../src/sync/contract/sync-request.ts'
import { startApp } from '../support/app.ts'
import { startRedis } from '../support/redis.ts'
import { stateForms } from '../support/state-forms.ts'
import { beginAttempt, commitOf, commitTo } from '../support/store.ts'

const server = await startRedis(t)
const api = await startApp(t, server, { limits: { requestsPerMinute: 100_000 } })

async function call(method: string, path: string, body?: unknown) {
  const response = await api.fetch(path, {
    method,
    ...(body !== undefined && { headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }),
  })
  return { status: response.status, body: (await response.json()) as { jobId: number } & Record<string, unknown> }
}

const config = { access_token: 'x' }
const message = (name: string, stream_state: object) => ({
  type: 'STREAM',
  stream: { stream_descriptor: { name }, stream_state },
})
const states = { companies: { updated_at: 2 }, contacts: { updated_at: 1 }, gone: { cursor: ['of', 'another'] } }
const asMessages = Object.entries(states).map(([name, state]) => message(name, state))

async function putConnection(connectionId: string) {
  const { states: _, ...settings } = parseSyncRequest({ config, streams: ['contacts', 'tags'] })
  await api.store.connections.put('default', connectionId, settings)
  return { path: `/v1/connections/${connectionId}/state` }
}

t.test('a connection and a job take a state in every form, and give it back as messages', async (t) => {
  const { path } = await putConnection('forms')
  for (const { name, write } of stateForms) {
    await call('DELETE', path)
    t.same(await call('PUT', path, write(states)), { status: 200, body: asMessages }, name)
    t.same((await call('GET', path)).body, asMessages)
    const { status, body } = await call('POST', '/v1/jobs', { config, state: write(states) })
    t.equal(status, 202, name)
    t.same((await call('GET', `/v1/jobs/${body.jobId}/state?at=0`)).body, asMessages, name)
    t.same((await beginAttempt(api.store, { ...body, fence: 1, attemptId: 'a' })).openRequest().states, states)
  }
})

t.test('a wrong state of a stream of ours is refused at its place, over both calls', async (t) => {
  const { path } = await putConnection('wrong')
  const state = [{ streamDescriptor: { name: 'contacts' }, streamState: { updated_at: 'soon' } }]
  for (const [answer, pointer] of [
    [await call('POST', '/v1/jobs', { config, state }), '/state/0/streamState/updated_at'],
    [await call('PUT', path, state), '/0/streamState/updated_at'],
    [await call('PUT', `${path}?stream=tags`, [message('contacts', {})]), ''],
    [await call('PUT', path, null), ''],
  ] as const)
    t.match(answer, { status: 400, body: { code: 'invalid_request', errors: [{ pointer }] } })
  t.equal((await call('PUT', path)).status, 400, 'no body is not an empty state')
})

t.test('the state of an unknown stream stays with its connection, and no job gets it', async (t) => {
  const { path } = await putConnection('kept')
  await call('PUT', path, asMessages)
  const { jobId } = (await call('POST', '/v1/jobs', { connectionId: 'kept' })).body
  const attempt = await beginAttempt(api.store, { jobId, fence: 1, attemptId: 'a' })
  t.same(attempt.openRequest().states, { contacts: { updated_at: 1 } })
  await commitTo(api.store, attempt, '1-1', commitOf(8, 2))
  const gone = message('gone', states.gone)
  const after = [message('companies', states.companies), message('contacts', { updated_at: 9 }), gone]
  t.same((await call('POST', `/v1/jobs/${jobId}/ack`, { offset: 3 })).body, { offset: 3, states: after })
  await api.store.attempts.end(jobId, 1, { status: 'succeeded' })
  t.same((await call('GET', path)).body, after)
  t.same((await call('GET', `${path}?stream=gone`)).body, [gone])
  t.match(await call('GET', `${path}?stream=nowhere`), { status: 400, body: { errors: [{ pointer: 'stream' }] } })
  t.same((await call('DELETE', `${path}?stream=gone`)).body, after.slice(0, 2))
  t.equal((await call('DELETE', `${path}?stream=gone`)).status, 400, 'nothing has that name any more')
})

t.test('a member `v` of a state is its own, and no version of ours', async (t) => {
  const { path } = await putConnection('versioned')
  for (const v of ['2026-01', 2, 0, null, {}]) {
    const given = [message('contacts', { updated_at: 1, v }), message('gone', { v, cursor: 'c' })]
    t.same(await call('PUT', path, given), { status: 200, body: given }, JSON.stringify(v))
    t.same(await call('GET', path), { status: 200, body: given })
    const { status, body } = await call('POST', '/v1/jobs', { config, state: given })
    t.equal(status, 202)
    t.same(await call('GET', `/v1/jobs/${body.jobId}/state?at=0`), { status: 200, body: given })
    t.equal((await call('POST', '/v1/jobs', { connectionId: 'versioned' })).status, 202)
    await call('DELETE', `/v1/jobs/${(await activeJobs('versioned'))[0]}`)
  }
})

async function activeJobs(connectionId: string): Promise<number[]> {
  const { body } = await call('GET', `/v1/jobs?connectionId=${connectionId}&status=pending`)
  return (body.data as { jobId: number }[]).map(({ jobId }) => jobId)
}
