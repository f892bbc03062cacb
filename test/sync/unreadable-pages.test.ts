import t from 'tap'
import { halfDeleted } from '../../simulator/faults/trap.ts'
import type { Workspace } from '../../simulator/workspace/workspace.ts'
import { createAcceleratedClock, createSkippingClock } from '../support/accelerated-clock.ts'
import { editAnswers } from '../support/edited-answers.ts'
import { type CollectOptions, collectSync, joined, judge, recordsOf } from '../support/engine.ts'
import { listenSimulator } from '../support/listening-simulator.ts'

const now = Date.UTC(2026, 4, 5)

interface Setting {
  stream?: 'contacts' | 'conversations'
  newestVersion?: string
}

/** A workspace behind a server that fails over searches whose page holds certain records. */
async function brokenWorkspace(
  t: { teardown(close: () => unknown): void },
  { stream = 'conversations', newestVersion = '2.17' }: Setting,
) {
  const clock = createAcceleratedClock(now, 500)
  const simulator = await listenSimulator(t, { contacts: 400, conversations: 400, clock, newestVersion })
  const ids = idsByAge(simulator.workspace, stream)
  /** What a search answers when such a record is on its page. */
  const poison = new Map<string, { status: number; fromPageSize?: number }>()
  const baseUrl = await editAnswers(t, simulator, ({ path, asked, body }) => {
    if (!path.endsWith('/search')) return {}
    const { pagination } = JSON.parse(asked) as { pagination: { per_page: number } }
    for (const [id, { status, fromPageSize = 1 }] of poison)
      if (new RegExp(`"id": ?"?${id}"?[,}]`).test(body) && pagination.per_page >= fromPageSize)
        return { status, body: '{}' }
    return {}
  })
  const sync = (options: Partial<CollectOptions> = {}) => collectSync({ baseUrl, clock, streams: [stream], ...options })
  return { simulator, ids, poison, sync, clock, at: (share: number) => ids[Math.floor(share * ids.length)] ?? '' }
}

/** What the stream holds now, the oldest first. */
function idsByAge(workspace: Workspace, stream: string): string[] {
  return [...workspace.truth({ streams: [stream] })]
    .filter(({ visibleUntil }) => visibleUntil === null)
    .toSorted((one, other) => Number(one.updatedAt) - Number(other.updatedAt))
    .map(({ id }) => id)
}

const idsOf = (messages: Buffer, stream: string) => recordsOf(messages, stream).map(({ id }) => String(id))

t.test('a page that only fails when it is large is read in smaller ones', async (t) => {
  const { simulator, poison, sync, at } = await brokenWorkspace(t, {})
  poison.set(at(0.3), { status: 504, fromPageSize: 2 })
  poison.set(at(0.8), { status: 502, fromPageSize: 11 })
  const { messages, outcome } = await sync()
  t.equal(outcome?.failure, undefined)
  t.same((await judge(simulator, messages)).faults, [])
  const last = simulator.requests.entries.at(-1)?.body
  t.match(last, { pagination: { per_page: 150 } }, 'the next stretch is asked in large pages')
})

for (const { stream, newestVersion } of [
  { stream: 'conversations' as const, newestVersion: '2.17' },
  { stream: 'contacts' as const, newestVersion: '2.17' },
  { stream: 'contacts' as const, newestVersion: '2.16' },
]) {
  const name = `${stream}, API ${newestVersion}`

  t.test(`${name}: a record that cannot be had is set aside, all others come, and it comes when it can`, async (t) => {
    const { poison, sync, ids, at } = await brokenWorkspace(t, { stream, newestVersion })
    const bad = [at(0.2), at(0.6), at(0.61)]
    for (const id of bad) poison.set(id, { status: 500 })
    const first = await sync()
    t.match(first.outcome?.failure, { code: 'records_unreadable', failureType: 'transient_error', streamName: stream })
    t.same(
      first.outcome?.streams.map(({ status }) => status),
      ['INCOMPLETE'],
    )
    const got = idsOf(first.messages, stream)
    t.equal(new Set(got).size, got.length, 'nothing twice')
    const missing = ids.filter((id) => !got.includes(id))
    // By calendar day the days around a bad place cannot be asked for without it.
    if (newestVersion === '2.17') t.same(missing, bad)
    else t.ok(bad.every((id) => missing.includes(id)) && missing.length <= 20, `${missing.length} are missing`)

    const second = await sync({ state: first.state })
    t.same(idsOf(second.messages, stream), [], 'what is still bad holds nothing up and brings nothing twice')
    t.match(second.outcome?.failure, { code: 'records_unreadable' })

    poison.clear()
    const third = await sync({ state: second.state })
    t.equal(third.outcome?.failure, undefined)
    t.same(idsOf(third.messages, stream).toSorted(), missing.toSorted(), 'exactly what was missing')
    const fourth = await sync({ state: third.state })
    t.same(idsOf(fourth.messages, stream), [])
    t.equal(fourth.outcome?.failure, undefined)
  })
}

t.test('the states claim nothing that lies behind what is missing', async (t) => {
  const { poison, sync, simulator, at, ids } = await brokenWorkspace(t, {})
  poison.set(at(0.5), { status: 500 })
  const { state } = await sync()
  const missing = [...simulator.workspace.truth({ streams: ['conversations'] })].find(({ id }) => id === at(0.5))
  t.match(state, [{ stream: { stream_state: { updated_at: Number } } }])
  const [{ stream }] = state as [{ stream: { stream_state: { updated_at: number } } }]
  t.ok(stream.stream_state.updated_at <= Number(missing?.updatedAt))
  poison.clear()
  const bare = { type: 'STREAM', stream: { ...stream, stream_state: { updated_at: stream.stream_state.updated_at } } }
  const elsewhere = await sync({ state: [bare], config: { access_token: 'simulator-token', migration_lookback: 0 } })
  const later = idsOf(elsewhere.messages, 'conversations')
  t.ok(later.includes(at(0.5)) && later.length >= ids.length / 2, 'a reader who knows the cursor alone misses nothing')
})

for (const status of [404, 410, 422])
  t.test(`a search that answers ${status} for a message deleted meanwhile is read around it`, async (t) => {
    const { simulator, sync, ids, at } = await brokenWorkspace(t, {})
    simulator.faults.traps = [{ ...halfDeleted(at(0.4)), status }]
    const { messages, outcome } = await sync()
    t.match(outcome?.failure, { code: 'records_unreadable' })
    const got = new Set(idsOf(messages, 'conversations'))
    t.same(
      ids.filter((id) => !got.has(id)),
      [at(0.4)],
    )
  })

t.test('a full refresh with a record that cannot be had is not finished, and goes on from there', async (t) => {
  const { poison, sync, at } = await brokenWorkspace(t, {})
  const streams = [{ name: 'conversations', syncMode: 'full_refresh' }]
  poison.set(at(0.5), { status: 500 })
  const first = await sync({ streams })
  t.match(first.outcome?.failure, { code: 'records_unreadable' })
  poison.clear()
  const second = await sync({ streams, state: first.state })
  t.equal(second.outcome?.failure, undefined)
  t.ok(idsOf(second.messages, 'conversations').includes(at(0.5)))
  t.match(second.state, [{ stream: { stream_state: { __ab_full_refresh_sync_complete: true } } }])
})

for (const streams of [['conversations'], ['conversations', 'conversation_parts']])
  t.test(
    `${streams.join(' and ')}: an attempt that dies among bad places is continued, nothing missing or twice`,
    async (t) => {
      const { poison, sync, ids, at } = await brokenWorkspace(t, {})
      for (const share of [0.3, 0.7]) poison.set(at(share), { status: 500 })
      const whole = await sync({ streams })
      const step = Math.ceil(whole.commits.length / 13)
      for (let stopAfter = 1; stopAfter < whole.commits.length; stopAfter += step) {
        const { commits } = await sync({ streams, stopAfter })
        const rest = await sync({ streams, held: commits })
        const got = idsOf(joined([...commits, ...rest.commits]).messages, 'conversations')
        t.equal(new Set(got).size, got.length, `after ${stopAfter} commits`)
        t.same(
          ids.filter((id) => !got.includes(id)),
          [at(0.3), at(0.7)],
        )
        t.match(rest.outcome?.failure, { code: 'records_unreadable' })
      }
    },
  )

t.test('what is updated while the sync runs and cannot be had is caught by the next', async (t) => {
  const { simulator, poison, sync, at, clock } = await brokenWorkspace(t, {})
  const first = await sync()
  await clock.sleep(60_000, AbortSignal.timeout(60_000))
  simulator.workspace.mutate({ kind: 'update', stream: 'conversations', ids: [at(0.1), at(0.9)] })
  poison.set(at(0.1), { status: 500 })
  const second = await sync({ state: first.state })
  t.ok(idsOf(second.messages, 'conversations').includes(at(0.9)))
  poison.clear()
  const third = await sync({ state: second.state })
  t.ok(idsOf(third.messages, 'conversations').includes(at(0.1)))
  t.equal(third.outcome?.failure, undefined)
})

t.test('a conversation whose parts cannot be had is named, and tried first by the next sync', async (t) => {
  const { simulator, sync } = await brokenWorkspace(t, {})
  const streams = ['conversations', 'conversation_parts']
  const parts = [...simulator.workspace.truth({ streams: ['conversation_parts'] })]
  const [bad = '', gone = ''] = new Set(parts.map(({ parentId }) => parentId ?? ''))
  for (const [id, status] of [
    [bad, 500],
    [gone, 404],
  ] as const)
    simulator.faults.next([{ match: { path: `/conversations/${id}` }, status, repeat: 1000 }])
  const first = await sync({ streams })
  t.match(first.outcome?.streams, [
    { streamName: 'conversations', status: 'COMPLETE' },
    { streamName: 'conversation_parts', status: 'INCOMPLETE' },
  ])
  t.match(first.outcome?.failure, { code: 'records_unreadable', streamName: 'conversation_parts' })
  t.match(first.outcome?.failure?.message, bad)
  const parents = new Set(recordsOf(first.messages, 'conversation_parts').map(({ conversation_id: id }) => id))
  t.notOk(parents.has(bad))

  simulator.faults.clear()
  const before = simulator.requests.totals.requests
  const second = await sync({ streams, state: first.state })
  t.equal(second.outcome?.failure, undefined)
  t.same([...new Set(recordsOf(second.messages, 'conversation_parts').map(({ conversation_id: id }) => id))], [bad])
  const asked = simulator.requests.entries.slice(before - simulator.requests.totals.requests)
  const children = asked.filter(({ path }) => path.startsWith('/conversations/') && !path.endsWith('/search'))
  t.equal(children[0]?.path, `/conversations/${bad}`)
  const third = await sync({ streams, state: second.state })
  t.same(recordsOf(third.messages, 'conversation_parts'), [])
  t.equal(third.outcome?.failure, undefined)
})

t.test('a company whose segments cannot be had is named, and its segments come with the next sync', async (t) => {
  const clock = createAcceleratedClock(now, 500)
  const simulator = await listenSimulator(t, { contacts: 50, companies: 60, clock })
  const streams = ['company_segments']
  const whole = await collectSync({ baseUrl: simulator.url, clock, streams })
  const bad = String(recordsOf(whole.messages, 'company_segments')[5]?.company_id)
  simulator.faults.next([{ match: { path: `/companies/${bad}/segments` }, status: 500, repeat: 1000 }])
  const first = await collectSync({ baseUrl: simulator.url, clock, streams })
  t.match(first.outcome?.failure, { code: 'records_unreadable', streamName: 'company_segments' })
  t.match(first.outcome?.failure?.message, bad)
  simulator.faults.clear()
  const second = await collectSync({ baseUrl: simulator.url, clock, streams, state: first.state })
  t.equal(second.outcome?.failure, undefined)
  t.ok(recordsOf(second.messages, 'company_segments').some(({ company_id: id }) => id === bad))
})

t.test(
  'records that are newer than their places do not make a stretch look as if it held one record alone',
  async (t) => {
    const clock = createSkippingClock(now, 500)
    const span = { from: now / 1000 - 86_400, to: now / 1000 - 3600 }
    const simulator = await listenSimulator(t, { contacts: 0, conversations: 60, clock, span, aheadOfIndex: 1 })
    const ids = idsByAge(simulator.workspace, 'conversations')
    const bad = [ids[30] ?? '', ids[45] ?? '']
    // They are met before the bad ones, at their old places, and count as taken from there on.
    simulator.workspace.mutate({ stream: 'conversations', kind: 'update', ids: ids.slice(0, 20), lagMs: 3_600_000 })
    clock.advance(60_000)
    simulator.faults.traps = bad.map((id) => ({ stream: 'conversations', holds: id, status: 500 }))
    const { messages, outcome } = await collectSync({ baseUrl: simulator.url, clock, streams: ['conversations'] })
    t.match(outcome?.failure, { code: 'records_unreadable' })
    const got = new Set(idsOf(messages, 'conversations'))
    t.same(
      ids.filter((id) => !got.has(id)),
      bad,
    )
  },
)
