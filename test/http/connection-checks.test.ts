import t from 'tap'
import type { ConnectionBody } from '../../src/http/bodies/connection-schemas.ts'
import type { MemberChange } from '../../src/http/connections/connection-diff.ts'
import type { Problem } from '../../src/http/requests/problem.ts'
import { createAcceleratedClock } from '../support/accelerated-clock.ts'
import { startApp } from '../support/app.ts'
import { listenSimulator } from '../support/listening-simulator.ts'
import { startRedis } from '../support/redis.ts'

const accepted = 'simulator-token'
const intercom = await listenSimulator(t, {
  contacts: 5,
  conversations: 1,
  companies: 1,
  accessTokens: { [accepted]: [], 'another-token': [] },
})
// Intercom is given up on after ten seconds, which are half of one here.
const api = await startApp(t, await startRedis(t), {
  intercomBaseUrl: intercom.url,
  clock: createAcceleratedClock(Date.now(), 20),
})

const call = async (method: string, path: string, body?: object) => {
  const response = await api.fetch(`/v1${path}`, {
    method,
    ...(body && { headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }),
  })
  const value = (await response.json()) as ConnectionBody & Problem & { changes?: MemberChange[]; change?: string }
  return { status: response.status, change: response.headers.get('connection-change'), value }
}
const streams = ['contacts', 'tags']
const bodyWith = (access_token: string) => ({ config: { access_token }, streams })
const tokenOf = async (id: string) => (await api.store.connections.find('default', id))?.settings?.config.access_token

/** Nothing reaches Intercom until the work is done. */
async function whileAway(work: () => Promise<unknown>): Promise<void> {
  intercom.faults.next([{ status: 503, repeat: 100_000 }])
  await work()
  intercom.faults.clear()
}

t.test('a connection is made and changed only when Intercom accepts its token', async (t) => {
  const refused = { status: 422, value: { code: 'check_failed', detail: /does not accept the access token/ } }
  t.match(await call('PUT', '/connections/checked', bodyWith('nobodys-token')), refused)
  t.match(await call('GET', '/connections/checked'), { status: 404 }, 'nothing was stored')
  const made = await call('PUT', '/connections/checked', bodyWith(accepted))
  t.match(made, {
    status: 201,
    value: { warnings: [], check: { status: 'succeeded', message: /^Connected to workspace/ } },
  })
  t.match(await call('PUT', '/connections/checked', bodyWith('nobodys-token')), refused)
  t.match(await call('PATCH', '/connections/checked', { config: { access_token: 'nobodys-token' } }), refused)
  t.equal(await tokenOf('checked'), accepted)
  t.match(await call('GET', '/connections/checked'), { value: { check: made.value.check } })
  t.match(await call('PATCH', '/connections/checked', { config: { access_token: 'another-token' } }), { status: 200 })
  t.equal(await tokenOf('checked'), 'another-token')
})

t.test('while Intercom is out of reach nothing is stored, unless it is not asked', async (t) => {
  await call('PUT', '/connections/away', bodyWith(accepted))
  await whileAway(async () => {
    t.match(await call('PUT', '/connections/away', bodyWith('another-token')), {
      status: 503,
      value: { code: 'intercom_unavailable' },
    })
    t.equal(await tokenOf('away'), accepted)
    const { status, value } = await call('PUT', '/connections/unchecked?validate=false', bodyWith('nobodys-token'))
    t.match({ status, value }, { status: 201, value: { warnings: [] } })
    t.notOk('check' in value, 'nobody has asked')
    t.match(await call('PATCH', '/connections/away?validate=false', { config: { access_token: 'another-token' } }), {
      status: 200,
    })
    t.notOk('check' in (await call('GET', '/connections/away')).value, 'the check was of another token')
  })
})

t.test('what is stored already is not asked about again', async (t) => {
  const schedule = { type: 'interval', every: 'PT1H' }
  await call('PUT', '/connections/same', bodyWith(accepted))
  await whileAway(async () => {
    t.match(await call('PUT', '/connections/same', bodyWith(accepted)), { status: 200, change: 'unchanged' })
    t.match(await call('PUT', '/connections/same', { ...bodyWith(accepted), schedule }), {
      status: 200,
      change: 'changed',
      value: { schedule, check: { status: 'succeeded' } },
    })
    t.match(await call('PATCH', '/connections/same', { schedule: null }), { status: 200, change: 'changed' })
  })
})

t.test('check and discover take a connection in place of a config', async (t) => {
  await call('PUT', '/connections/kept', bodyWith(accepted))
  t.match(await call('POST', '/check', { connectionId: 'kept' }), {
    value: { connectionStatus: { status: 'SUCCEEDED' } },
  })
  const ofConfig = await call('POST', '/discover', { config: { access_token: accepted } })
  const ofConnection = await call('POST', '/discover', { connectionId: 'kept' })
  t.same(ofConnection, ofConfig)
  t.notSame(ofConnection.value, (await call('POST', '/discover', {})).value, 'custom attributes are typed')
  for (const path of ['/check', '/discover']) {
    t.match(await call('POST', path, { connectionId: 'nobodys' }), { status: 404 }, path)
    const both = await call('POST', path, { connectionId: 'kept', config: { access_token: accepted } })
    t.match(both, { status: 400, value: { errors: [{ pointer: '/config' }] } }, path)
  }
})

t.test('a clone has everything but state and jobs, and begins nothing by itself', async (t) => {
  const schedule = { type: 'cron', cron: '0 3 * * *', timeZone: 'Europe/Berlin' }
  const body = { ...bodyWith(accepted), schedule, ack: 'on_success', onMissingPermission: 'skip' }
  await call('PUT', '/connections/source', body)
  const state = { type: 'STREAM', stream: { stream_descriptor: { name: 'contacts' }, stream_state: { updated_at: 1 } } }
  await api.fetch('/v1/connections/source/state', {
    method: 'PUT',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify([state]),
  })
  const made = await call('POST', '/connections/source/clone', { connectionId: 'copy' })
  t.match(made, {
    status: 201,
    value: { connectionId: 'copy', schedule, ack: 'on_success', paused: true, nextRuns: [] },
  })
  const [source, copy] = await Promise.all(
    ['source', 'copy'].map(async (id) => (await api.store.connections.read('default', id)).settings),
  )
  t.same(copy, source, 'secrets, too')
  t.same((await call('GET', '/connections/copy/state')).value, [])
  t.match(await call('POST', '/connections/source/clone', { connectionId: 'copy' }), {
    status: 409,
    value: { code: 'connection_exists' },
  })
  t.match(await call('POST', '/connections/nobodys/clone', { connectionId: 'other' }), { status: 404 })
  await call('PUT', '/connections/plain', bodyWith(accepted))
  t.notOk('paused' in (await call('POST', '/connections/plain/clone', { connectionId: 'plain-copy' })).value)
  await call('PUT', '/connections/revoked?validate=false', bodyWith('nobodys-token'))
  t.match(await call('POST', '/connections/revoked/clone', { connectionId: 'x' }), { status: 422 })
  t.match(await call('POST', '/connections/revoked/clone?validate=false', { connectionId: 'x' }), { status: 201 })
})

t.test('what PUT would change is told before, secrets masked, and nothing is stored', async (t) => {
  const body = { config: { access_token: accepted, start_date: '2024-01-01T00:00:00Z' }, streams: ['contacts', 'tags'] }
  t.match(await call('POST', '/connections/compared/diff', body), { status: 200, value: { change: 'created' } })
  t.match(await call('GET', '/connections/compared'), { status: 404 })
  await call('PUT', '/connections/compared', body)
  t.same((await call('POST', '/connections/compared/diff', body)).value, { change: 'unchanged', changes: [] })
  const other = {
    config: { access_token: 'another-token' },
    streams: ['contacts', { name: 'admins' }],
    schedule: { type: 'interval', every: 'PT1H' },
  }
  const { value } = await call('POST', '/connections/compared/diff', other)
  t.same(value, {
    change: 'changed',
    changes: [
      { pointer: '/config/access_token', before: '**********', after: '**********' },
      { pointer: '/config/start_date', before: '2024-01-01T00:00:00Z' },
      { pointer: '/schedule/every', after: 'PT1H' },
      { pointer: '/schedule/type', before: 'manual', after: 'interval' },
      { pointer: '/streams/admins', after: 'full_refresh' },
      { pointer: '/streams/tags', before: 'full_refresh' },
    ],
  })
  t.equal(await tokenOf('compared'), accepted)
})
