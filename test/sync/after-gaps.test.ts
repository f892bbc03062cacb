import t from 'tap'
import { collectSync, parseLines, recordsOf } from '../support/engine.ts'
import { openWorld } from '../support/moving-world.ts'

/** What comes after a sync that could not have everything: that, and nothing that has come before. */

const now = Date.UTC(2026, 4, 5)
const hour = 3_600_000

/** On a clock that leaps, so that hours between two syncs take no time. */
async function openWorkspace(t: { teardown(close: () => unknown): void }) {
  const sizes = { contacts: 60, conversations: 60, companies: 60, tickets: 60 }
  const options = { ...sizes, oddities: false, indexLagMs: 0 }
  const world = await openWorld({ seed: 1, startsAt: now, options })
  t.teardown(() => world[Symbol.asyncDispose]())
  const { clock, baseUrl } = world
  const { faults, workspace } = world.simulator
  return {
    clock,
    change: (stream: string, ids: string[]) => workspace.mutate({ kind: 'update', stream, ids }),
    ids: (stream: string) =>
      workspace
        .collection(stream)
        .latest()
        .map(({ plan }) => plan.id),
    updatedAt: (stream: string, id: string) => Number(workspace.collection(stream).find(id)?.plan.updatedAt),
    failPages: (stream: string, id: string) => {
      faults.traps = [{ stream, holds: id, status: 500 }]
    },
    failPath: (path: string) => faults.next([{ match: { path }, status: 500, repeat: 1000 }]),
    /** After the first request refuses so many that they take eight minutes. */
    askToWait: (path: string) =>
      faults.next([{ match: { path }, skip: 1, repeat: 8, status: 429, headers: { 'Retry-After': '60' } }]),
    heal: () => {
      faults.traps = []
      faults.clear()
    },
    sync: (streams: string[], state?: unknown[]) => collectSync({ baseUrl, clock, streams, ...(state && { state }) }),
  }
}

const idsOf = (messages: Buffer, stream: string, member = 'id') => [
  ...new Set(recordsOf(messages, stream).map((record) => String(record[member]))),
]

for (const stream of ['contacts', 'conversations', 'tickets'])
  t.test(`${stream}: hours after a gap comes what was in it, and then nothing`, async (t) => {
    const { ids, change, failPages, heal, sync, clock } = await openWorkspace(t)
    const [bad = '', ...others] = ids(stream)
    // These are read by both syncs, as the index may lag.
    change(stream, others.slice(0, 20))
    failPages(stream, bad)
    const first = await sync([stream])
    t.match(first.outcome?.failure, { code: 'records_unreadable' })
    clock.advance(30 * hour)
    heal()
    const second = await sync([stream], first.state)
    t.same(idsOf(second.messages, stream), [bad])
    clock.advance(60_000)
    const third = await sync([stream], second.state)
    t.same(idsOf(third.messages, stream), [])
  })

t.test('a record that has come before and lies in a gap of the overlap does not come again', async (t) => {
  const { ids, change, failPages, heal, sync, clock } = await openWorkspace(t)
  const [bad = ''] = ids('contacts')
  change('contacts', [bad])
  const first = await sync(['contacts'])
  t.ok(idsOf(first.messages, 'contacts').includes(bad))
  failPages('contacts', bad)
  const second = await sync(['contacts'], first.state)
  t.match(second.outcome?.failure, { code: 'records_unreadable' })
  // Longer than syncs overlap.
  clock.advance(3 * hour)
  const third = await sync(['contacts'], second.state)
  t.match(third.outcome?.failure, { code: 'records_unreadable' })
  heal()
  const fourth = await sync(['contacts'], third.state)
  t.equal(fourth.outcome?.failure, undefined)
  t.same(
    [second, third, fourth].flatMap(({ messages }) => idsOf(messages, 'contacts')),
    [],
  )
})

for (const { stream, parents, path, parentId } of [
  {
    stream: 'conversation_parts',
    parents: 'conversations',
    path: (id: string) => `/conversations/${id}`,
    parentId: 'conversation_id',
  },
  {
    stream: 'company_segments',
    parents: 'companies',
    path: (id: string) => `/companies/${id}/segments`,
    parentId: 'company_id',
  },
])
  t.test(`${stream}: after children that could not be had come those of one parent only`, async (t) => {
    const { failPath, heal, sync, clock } = await openWorkspace(t)
    const streams = [parents, stream]
    const whole = await sync(streams)
    const [bad = ''] = idsOf(whole.messages, stream, parentId)
    failPath(path(bad))
    const first = await sync(streams)
    t.match(first.outcome?.failure, { code: 'records_unreadable', streamName: stream })
    clock.advance(11 * hour)
    heal()
    const second = await sync(streams, first.state)
    t.equal(second.outcome?.failure, undefined)
    t.same(idsOf(second.messages, stream, parentId), [bad])
    t.same(idsOf(second.messages, parents), [])
    clock.advance(60_000)
    const third = await sync(streams, second.state)
    t.same(
      streams.flatMap((name) => idsOf(third.messages, name)),
      [],
    )
  })

t.test('until a gap has been read no state claims what is in it', async (t) => {
  const { ids, updatedAt, failPages, askToWait, sync, clock } = await openWorkspace(t)
  const [bad = ''] = ids('conversations')
  failPages('conversations', bad)
  const first = await sync(['conversations'])
  clock.advance(11 * hour)
  askToWait('/conversations/search')
  const second = await sync(['conversations'], first.state)
  const states = parseLines(second.messages).flatMap(({ state }) => (state ? [state.stream.stream_state] : []))
  t.ok(states.length > 1, 'a long wait is broken by a state')
  for (const state of states) t.ok(Number(state.updated_at) <= updatedAt('conversations', bad))
})

t.test('a gap in what is read anew for one stream is none of the other, which had come further', async (t) => {
  const { ids, failPages, heal, sync, clock } = await openWorkspace(t)
  const streams = ['conversations', 'conversation_parts']
  const first = await sync(streams)
  const kept = first.state.filter((state) => !JSON.stringify(state).includes('"conversation_parts"'))
  const [bad = ''] = ids('conversations')
  failPages('conversations', bad)
  const second = await sync(streams, kept)
  t.match(second.outcome?.streams, [
    { streamName: 'conversations', status: 'COMPLETE' },
    { streamName: 'conversation_parts', status: 'INCOMPLETE' },
  ])
  clock.advance(11 * hour)
  heal()
  const third = await sync(streams, second.state)
  t.equal(third.outcome?.failure, undefined)
  t.same(idsOf(third.messages, 'conversations'), [])
  t.ok(idsOf(third.messages, 'conversation_parts', 'conversation_id').every((id) => id === bad))
})
