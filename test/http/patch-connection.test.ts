import fc from 'fast-check'
import t from 'tap'
import type { ConnectionBody } from '../../src/http/bodies/connection-schemas.ts'
import type { Problem } from '../../src/http/requests/problem.ts'
import { startApp } from '../support/app.ts'
import { startRedis } from '../support/redis.ts'

const api = await startApp(t, await startRedis(t), { limits: { requestsPerMinute: 1_000_000 } })

const call = async (method: string, id: string, body?: object, type = 'application/json') => {
  const response = await api.fetch(`/v1/connections/${id}${method === 'GET' ? '' : '?validate=false'}`, {
    method,
    ...(body && { headers: { 'content-type': type }, body: JSON.stringify(body) }),
  })
  return { status: response.status, value: (await response.json()) as ConnectionBody & Problem }
}
/** What people have said, as it is shown. */
const saidOf = async (id: string) => {
  const { config, catalog, onMissingPermission, schedule, ack, fullRefresh, paused } = (await call('GET', id)).value
  const { streams: configured } = catalog as { streams: { stream: { name: string }; sync_mode: string }[] }
  const streams = configured.map(({ stream, sync_mode }) => [stream.name, sync_mode])
  return { config, streams, onMissingPermission, schedule, ack, fullRefresh, paused }
}
const tokenOf = async (id: string) => (await api.store.connections.read('default', id)).settings?.config.access_token

const mask = '**********'
const leaf = <Value>(...values: Value[]) => fc.option(fc.constantFrom(...values), { nil: null })
const optional = (members: Record<string, fc.Arbitrary<unknown>>) => fc.record(members, { requiredKeys: [] })
const patches = optional({
  config: optional({
    access_token: leaf('first-token', 'second-token', mask),
    start_date: leaf('2024-01-01T00:00:00Z', '2024-02-30T00:00:00Z'),
    lookback_window: leaf(1, -1),
    unknown_key: leaf('x', mask),
  }),
  streams: leaf(['contacts'], ['contacts', 'tags'], ['nothing']),
  onMissingPermission: leaf('skip', 'fail'),
  schedule: leaf<object>(
    { type: 'interval', every: 'PT1H' },
    { type: 'cron', cron: '0 3 * * *' },
    { timeZone: 'Europe/Berlin' },
    { type: 'manual' },
    { every: 'PT1S' },
  ),
  ack: leaf('on_success', 'client'),
  fullRefresh: leaf<object>(
    { schedule: { type: 'interval', every: 'P1W' }, streams: ['tags'] },
    { streams: ['contacts'] },
    { schedule: null },
  ),
  paused: leaf(true, false),
})

/** RFC 7396, written down once more. */
function merge(value: unknown, patch: unknown): unknown {
  if (typeof patch !== 'object' || patch === null || Array.isArray(patch)) return patch
  const before = typeof value === 'object' && value !== null && !Array.isArray(value) ? value : {}
  const members: Record<string, unknown> = { ...before }
  for (const [name, change] of Object.entries(patch)) {
    if (change === null) delete members[name]
    else members[name] = merge(members[name], change)
  }
  return members
}

interface Shown {
  schedule?: { type?: string }
  catalog?: unknown
}

/** What PUT takes to come to the same. */
function bodyAfter(shown: Shown, patch: { streams?: unknown; schedule?: unknown; paused?: unknown }): object {
  const { catalog, schedule, ...rest } = shown
  const given = patch.schedule as { type?: string } | null | undefined
  const isOtherType = given?.type !== undefined && given.type !== schedule?.type
  const before = {
    ...rest,
    ...(!Array.isArray(patch.streams) && { catalog }),
    ...(!isOtherType && { schedule }),
  }
  const body = merge(before, patch) as Record<string, unknown>
  return patch.paused === null ? { ...body, paused: false } : body
}

t.test('a patch does what PUT does of what was read and edited, or is refused as that is', async (t) => {
  const result = await fc.check(
    fc.asyncProperty(fc.uuid(), fc.array(patches, { minLength: 1, maxLength: 6 }), async (id, drawn) => {
      const [patched, put] = [`a-${id}`, `b-${id}`]
      for (const name of [patched, put])
        await call('PUT', name, { config: { access_token: 'a-token' }, streams: ['contacts', 'tags'] })
      for (const patch of drawn) {
        const { connectionId: _, ...shown } = (await call('GET', put)).value
        const byPut = await call('PUT', put, bodyAfter(shown as Shown, patch))
        const byPatch = await call('PATCH', patched, patch)
        const pointersOf = ({ value }: typeof byPut) => value.errors?.map(({ pointer }) => pointer)
        const told = JSON.stringify(patch)
        if (byPatch.status !== byPut.status || String(pointersOf(byPatch)) !== String(pointersOf(byPut)))
          throw new Error(`${told}: ${JSON.stringify(byPatch.value)}, not ${JSON.stringify(byPut.value)}`)
        const [one, other] = [await saidOf(patched), await saidOf(put)]
        if (JSON.stringify(one) !== JSON.stringify(other))
          throw new Error(`${told}: ${JSON.stringify(one)}, not ${JSON.stringify(other)}`)
        if ((await tokenOf(patched)) !== (await tokenOf(put))) throw new Error(`${told}: another token`)
      }
    }),
    { numRuns: 25, seed: 20_261_130 },
  )
  t.equal(result.failed, false, fc.defaultReportMessage(result) ?? '')
})

t.test('a merge patch may come under its own media type, and others are refused', async (t) => {
  await call('PUT', 'typed', { config: { access_token: 't' }, streams: ['contacts'] })
  const schedule = { type: 'interval', every: 'PT2H' }
  t.match(await call('PATCH', 'typed', { schedule }, 'application/merge-patch+json'), {
    status: 200,
    value: { schedule },
  })
  t.match(await call('PATCH', 'typed', [], 'application/json-patch+json'), { status: 415 })
  t.match(await call('PUT', 'typed', {}, 'application/merge-patch+json'), { status: 415 }, 'only PATCH takes it')
  t.match(await call('PATCH', 'typed', { health: 'ok' }), { status: 400, value: { errors: [{ pointer: '/health' }] } })
  t.match(await call('PATCH', 'typed', { config: null }), { status: 400, value: { errors: [{ pointer: '/config' }] } })
  t.match(await call('PATCH', 'nobodys', {}), { status: 404, value: { code: 'connection_not_found' } })
})

t.test('patches of different members at the same moment all hold', async (t) => {
  await call('PUT', 'raced', { config: { access_token: 't' }, streams: ['contacts', 'tags'] })
  const schedule = { type: 'interval', every: 'PT3H' }
  const fullRefresh = { schedule: { type: 'interval', every: 'P2W' }, streams: ['tags'] }
  const members = [
    { schedule },
    { fullRefresh },
    { ack: 'on_success' },
    { paused: true },
    { onMissingPermission: 'skip' },
    { config: { lookback_window: 3 } },
    { config: { access_token: 'raced-token' } },
  ]
  for (const { status } of await Promise.all(members.map((member) => call('PATCH', 'raced', member))))
    t.equal(status, 200)
  t.match(await saidOf('raced'), {
    schedule,
    fullRefresh,
    ack: 'on_success',
    paused: true,
    onMissingPermission: 'skip',
    config: { lookback_window: 3 },
  })
  t.equal(await tokenOf('raced'), 'raced-token')
})
