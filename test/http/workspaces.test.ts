import t from 'tap'
import type { ConnectionBody } from '../../src/http/bodies/connection-schemas.ts'
import type { JobBody } from '../../src/http/bodies/schemas.ts'
import type { Problem } from '../../src/http/requests/problem.ts'
import { handleDue } from '../../src/queue/due/handle-due.ts'
import { noSchedule } from '../../src/store/connections/connection-store.ts'
import { createConnectionStore } from '../../src/store/connections/redis-connections.ts'
import { isFinal } from '../../src/store/job.ts'
import { startApp, type TestApp } from '../support/app.ts'
import { parseLines } from '../support/engine.ts'
import { startEngineService } from '../support/engine-service.ts'
import { interceptScript } from '../support/intercepted-script.ts'
import { connectionKey } from '../support/keys.ts'
import { listenSimulator } from '../support/listening-simulator.ts'
import { untilHolds } from '../support/polling.ts'
import { startRedis } from '../support/redis.ts'
import { simulatedApp } from '../support/sign-ins.ts'
import { beginAttempt } from '../support/store.ts'

const server = await startRedis(t)
const intercom = await listenSimulator(t, { contacts: 5, companies: 0, conversations: 0, longConversations: 0 })
/** The connections of which the log says that somebody must sign in. */
const loggedSignIns: string[] = []
const api = await startEngineService(t, server, {
  intercomUrl: intercom.url,
  onSignInNeeded: ({ connectionId }) => void loggedSignIns.push(connectionId),
})
/** Its jobs wait for ever. */
const idle = await startApp(t, server, { intercomBaseUrl: intercom.url, keys: api.store.keys })
const own = intercom.workspace.id

/** A token for a workspace. */
function tokenOf(workspaceId: string): string {
  return intercom.consents.exchange(
    simulatedApp.clientId,
    simulatedApp.clientSecret,
    intercom.consents.allow(workspaceId),
  )
}

async function call<Body>(method: string, path: string, body?: object, app: TestApp = api) {
  const response = await app.fetch(`/v1${path}`, {
    method,
    ...(body && { headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }),
  })
  return { status: response.status, value: (await response.json()) as Body & Problem }
}
const streams = ['contacts']
const put = (id: string, access_token: string, query = '', more: object = {}) =>
  call<ConnectionBody>('PUT', `/connections/${id}${query}`, { config: { access_token }, streams, ...more })
const read = async (id: string) => (await call<ConnectionBody>('GET', `/connections/${id}`)).value
const statesOf = async (id: string) => (await call<unknown[]>('GET', `/connections/${id}/state`)).value
const unchecked = '?validate=false'

async function runJob(connectionId: string): Promise<JobBody> {
  const { jobId } = (await call<JobBody>('POST', '/jobs', { connectionId })).value
  return untilEnded(jobId)
}

async function untilEnded(jobId: number): Promise<JobBody> {
  for (;;) {
    const { value } = await call<JobBody>('GET', `/jobs/${jobId}?wait=20`)
    if (isFinal(value.status)) return value
  }
}

/** A connection whose state is that of its first job. */
async function synced(id: string, token = tokenOf(own)): Promise<void> {
  await put(id, token, unchecked, { ack: 'on_success' })
  t.match(await runJob(id), { status: 'succeeded' })
}

t.test('the first job that knows tells whose data a connection has', async (t) => {
  await put('first', tokenOf('w1'), unchecked)
  t.equal((await read('first')).workspaceId, undefined, 'nobody has asked')
  t.match(await runJob('first'), { status: 'succeeded' })
  t.equal((await read('first')).workspaceId, 'w1')
  await put('checked', tokenOf('w1'))
  t.equal((await read('checked')).workspaceId, 'w1', 'or the first check')
})

t.test('the token of another workspace is refused, and the same workspace keeps the state', async (t) => {
  await synced('put')
  const before = await statesOf('put')
  t.equal(before.length, 1)
  const refused = await put('put', tokenOf('w2'))
  t.match(refused, { status: 409, value: { code: 'workspace_changed', detail: /of workspace w2.*resetState=true/ } })
  t.equal((await put('put', tokenOf(own), '', { ack: 'on_success' })).status, 200)
  t.same(await statesOf('put'), before)

  const taken = await put('put', tokenOf('w2'), '?resetState=true')
  t.match(taken, { status: 200, value: { workspaceId: 'w2' } })
  t.same(await statesOf('put'), [])
  t.match(await runJob('put'), { status: 'succeeded' })
})

t.test('so it is with a patch', async (t) => {
  await synced('patched')
  const before = await statesOf('patched')
  t.equal(before.length, 1)
  const patch = (query = '') =>
    call<ConnectionBody>('PATCH', `/connections/patched${query}`, { config: { access_token: tokenOf('w2') } })
  t.match(await patch(), {
    status: 409,
    value: { code: 'workspace_changed', detail: /of workspace w2.*resetState=true/ },
  })
  t.same(await statesOf('patched'), before)
  t.match(await patch('?resetState=true'), { status: 200, value: { workspaceId: 'w2', ack: 'on_success' } })
  t.same(await statesOf('patched'), [])
})

t.test('where it was not known, the job fails before it reads', async (t) => {
  await synced('pasted')
  t.equal((await put('pasted', tokenOf('w2'), unchecked)).status, 200)
  await call('DELETE', '/connections/pasted/state')
  const asked = intercom.requests.entries.length
  const job = await runJob('pasted')
  t.match(job, { status: 'failed', rowsSynced: 0, failure: { code: 'workspace_changed', failureType: 'config_error' } })
  t.same([...new Set(intercom.requests.entries.slice(asked).map(({ path }) => path))], ['/me'])
  const messages = Buffer.from(await (await api.fetch(`/v1/jobs/${job.jobId}/messages`)).arrayBuffer())
  t.same(
    parseLines(messages).filter(({ type }) => type === 'RECORD'),
    [],
  )
  const check = await call<{ connectionStatus: object }>('POST', '/check', { connectionId: 'pasted' })
  t.match(check.value.connectionStatus, { status: 'FAILED', message: /of workspace w2/ })
  t.equal((await read('pasted')).workspaceId, own)
})

t.test('a connection of an earlier version goes by its states, and one that nobody knows never refuses', async (t) => {
  await synced('older')
  const record = connectionKey('default', 'older', 'record')
  await api.store.redis.hdel(record, 'workspace')
  t.match(await put('older', tokenOf('w2')), { status: 409, value: { code: 'workspace_changed' } })
  await call('DELETE', '/connections/older/state')
  await api.store.redis.hdel(record, 'workspace')
  t.match(await put('older', tokenOf('w2')), { status: 200, value: { workspaceId: 'w2' } })

  intercom.dependencies.options.hideTimezone = true
  t.teardown(() => {
    intercom.dependencies.options.hideTimezone = false
  })
  t.match(await put('older', tokenOf('w3')), { status: 200, value: { workspaceId: 'w2' } }, '/me is refused')
  t.match(await runJob('older'), { status: 'succeeded' })
})

t.test('the state of another workspace is refused', async (t) => {
  await synced('donor', tokenOf('w2'))
  await synced('taker')
  const states = await statesOf('donor')
  t.match(await call('PUT', '/connections/taker/state', states), {
    status: 409,
    value: { code: 'workspace_changed', detail: /contacts: the state is of workspace w2/ },
  })
  t.equal((await call('PUT', '/connections/donor/state', states)).status, 200)
})

t.test('a state is not reset while a job moves it', async (t) => {
  await call('PUT', '/connections/busy', { config: { access_token: tokenOf(own) }, streams }, idle)
  await api.store.jobs.create({
    tenant: 'default',
    request: { config: { access_token: 'x' }, catalog: { streams: [] }, states: {} },
    connection: {
      connectionId: 'busy',
      generation: (await idle.store.connections.readStart('default', 'busy')).generation,
      bodyDigest: '',
    },
  })
  t.match(await put('busy', tokenOf('w2'), '?resetState=true'), { status: 409, value: { code: 'connection_busy' } })
  t.match(await read('busy'), { workspaceId: own })
})

t.test('a token that Intercom has revoked, said twice, pauses what a connection does by itself', async (t) => {
  const token = tokenOf(own)
  const schedule = { type: 'interval', every: 'P1D' }
  await put('revoked', token, '', { schedule })
  await put('paused', token, '', { schedule, paused: true })
  t.match(await read('revoked'), { health: 'ok', nextRuns: { length: 5 } })
  intercom.consents.revoke(token)
  const jobs = await Promise.all(
    ['revoked', 'paused'].map(
      async (connectionId) => (await call<JobBody>('POST', '/jobs', { connectionId })).value.jobId,
    ),
  )
  await untilHolds(async () => (await call<JobBody>('GET', `/jobs/${jobs[0]}`)).value.status === 'incomplete')
  t.match(await read('revoked'), { health: 'ok' }, 'once is not enough')
  for (const jobId of jobs)
    t.match(await untilEnded(jobId), { status: 'failed', attempts: 2, failure: { code: 'token_invalid' } })
  for (const id of ['revoked', 'paused']) t.match(await read(id), { health: 'needs_sign_in', nextRuns: { length: 0 } })
  t.same(loggedSignIns.toSorted(), ['paused', 'revoked'], 'logged once, not with each attempt')

  const { value } = await call<ConnectionBody>('POST', '/connections/revoked/resume')
  t.match(value, { health: 'needs_sign_in', nextRuns: { length: 0 } }, 'a person cannot resume what no token can read')
  await put('revoked', token, unchecked, { schedule })
  t.match(await read('revoked'), { health: 'needs_sign_in' }, 'the same token again changes nothing')

  for (const id of ['revoked', 'paused']) await put(id, tokenOf(own), '', { schedule })
  t.match(await read('revoked'), { health: 'ok', paused: false, nextRuns: { length: 5 } })
  t.match(await read('paused'), { health: 'ok', paused: true, nextRuns: { length: 0 } }, 'a person has paused it')
})

t.test('what is due while nobody can sync is not skipped, and not made up for after the next sign-in', async (t) => {
  const token = tokenOf(own)
  const schedule = { type: 'interval', every: 'PT1H' }
  const connection = { tenant: 'default', connectionId: 'unread' }
  const record = connectionKey('default', 'unread', 'record')
  await put('unread', token, unchecked, { schedule, fullRefresh: { schedule, streams }, ack: 'on_success' })
  const attempt = await heldAttempt('unread')
  t.equal(await idle.store.attempts.needSignIn(attempt), true)
  await idle.store.attempts.end(attempt.jobId, attempt.fence, { status: 'cancelled' })
  const longAgo = Date.now() - 86_400_000
  const times = ['scheduleSetAt', 'lastDue', 'fullRefreshSetAt', 'lastFullRefreshDue'].map((name) => [name, longAgo])
  await api.store.redis.hset(record, ...times.flat())
  const looked = async () => {
    await handleDue(api.store, connection)
    return { ...(await read('unread')), jobs: await api.store.redis.llen(connectionKey('default', 'unread', 'jobs')) }
  }
  t.match(await looked(), { health: 'needs_sign_in', skippedRuns: 0, jobs: 1 })
  await put('unread', tokenOf(own), '', { schedule, fullRefresh: { schedule, streams }, ack: 'on_success' })
  t.match(await looked(), { health: 'ok', skippedRuns: 0, jobs: 1, nextRuns: { length: 5 } })
})

/** A job of a connection, in an attempt that somebody else moves. */
async function heldAttempt(connectionId: string) {
  const { jobId } = (await call<JobBody>('POST', '/jobs', { connectionId }, idle)).value
  return beginAttempt(idle.store, { jobId, fence: 1, attemptId: connectionId })
}

t.test('a token that is refused says nothing about the one that the connection has since', async (t) => {
  await put('replaced', tokenOf(own), unchecked)
  const attempt = await heldAttempt('replaced')
  await put('replaced', tokenOf(own), unchecked)
  t.equal(await idle.store.attempts.needSignIn(attempt), false)
  t.match(await read('replaced'), { health: 'ok' })
})

t.test('a job finds that its connection is of another workspace since it began', async (t) => {
  await put('overtaken', tokenOf('w1'), unchecked)
  const attempt = await heldAttempt('overtaken')
  t.equal((await put('overtaken', tokenOf('w2'))).value.workspaceId, 'w2')
  await t.rejects(idle.store.attempts.noteWorkspace(attempt, 'w1'), { code: 'workspace_changed' })
  t.equal((await read('overtaken')).workspaceId, 'w2')
})

t.test('a job that tells whose data it is just before a token is written has told first', async (t) => {
  await put('raced', tokenOf('w1'), unchecked)
  const { redis } = idle.store
  const told = interceptScript(redis, 'syncPutConnection', async (write) => {
    await redis.hset(connectionKey('default', 'raced', 'record'), 'workspace', 'w1')
    return write()
  })
  const connections = createConnectionStore({ ...idle.store, redis: told })
  const settings = (await connections.read('default', 'raced')).settings
  if (!settings) throw new Error('the connection cannot be read')
  const wanted = { settings, schedule: noSchedule, whose: { workspaceId: 'w2', resetState: false } }
  await t.rejects(
    connections.change('default', 'raced', async () => wanted),
    { code: 'workspace_changed', message: /of workspace w1.*of workspace w2/ },
  )
})

t.test('a check after a connection was stored unchecked finds the token of another workspace', async (t) => {
  await put('checked-later', tokenOf(own))
  await put('checked-later', tokenOf('w2'), unchecked)
  const check = {
    status: 'succeeded' as const,
    message: 'fine',
    warnings: [],
    workspaceId: 'w2',
    checkedAt: Date.now(),
  }
  const noted = await idle.store.connections.noteCheck('default', 'checked-later', async () => check)
  t.match(noted, { status: 'failed', message: /of workspace w2/ })
  t.match(await read('checked-later'), { check: { status: 'failed', message: /of workspace w2/ }, workspaceId: own })
})

t.test('a job that its connection no longer has does not say whose data that is', async (t) => {
  await put('left', tokenOf('w1'), unchecked)
  const attempt = await heldAttempt('left')
  await api.store.redis.hset(connectionKey('default', 'left', 'record'), 'latestJob', attempt.jobId + 1_000_000)
  await idle.store.attempts.noteWorkspace(attempt, 'w1')
  t.equal((await read('left')).workspaceId, undefined)
})

t.test('a job that succeeds shows that the token is good', async (t) => {
  const token = tokenOf(own)
  await put('back', token, '', { schedule: { type: 'interval', every: 'P1D' } })
  await api.store.redis.hset(connectionKey('default', 'back', 'record'), 'signInNeededAt', Date.now())
  t.match(await read('back'), { health: 'needs_sign_in' })
  t.match(await runJob('back'), { status: 'succeeded' })
  t.match(await read('back'), { health: 'waiting_for_acknowledgement', nextRuns: { length: 5 } })
})
