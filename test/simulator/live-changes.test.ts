import t from 'tap'
import { type ListeningSimulator, listenSimulator } from '../support/listening-simulator.ts'
import { createManualClock } from '../support/manual-clock.ts'

const start = Date.UTC(2026, 4, 1, 12)
const small = { contacts: 50, conversations: 10, companies: 5, oddities: false }
const all = { query: { field: 'updated_at', operator: '>', value: 0 }, pagination: { per_page: 150 } }
const since = (second: number): object => ({ ...all, query: { field: 'updated_at', operator: '>', value: second } })

async function setUp(t: Parameters<typeof listenSimulator>[0], options = {}) {
  const clock = createManualClock(start)
  return { clock, ...(await listenSimulator(t, { ...small, clock, ...options })) }
}

async function askTimes({ ask }: ListeningSimulator, count: number): Promise<void> {
  for (let asked = 0; asked < count; asked++) await (await ask('/tags')).text()
}

t.test(
  'a script changes the workspace after a request and after every so many, and all changes are told',
  async (t) => {
    const simulator = await setUp(t, {
      script: [
        { after: 2, mutations: [{ kind: 'create' }] },
        { every: 3, until: 6, mutations: [{ kind: 'update', stream: 'conversations', count: 2 }] },
      ],
    })
    const { workspace, clock } = simulator
    await askTimes(simulator, 1)
    t.equal(workspace.changes.length, 0)
    await askTimes(simulator, 1)
    clock.advance(5_000)
    await askTimes(simulator, 8)
    t.match(workspace.changes, [
      { now: start, visibleFrom: start, mutation: { kind: 'create' }, ids: [/^[0-9a-f]{24}$/] },
      { now: start + 5_000, mutation: { stream: 'conversations' }, ids: [/\d/, /\d/] },
      { now: start + 5_000, mutation: { stream: 'conversations' } },
    ])
    t.equal(workspace.changes.length, 3)
    const told = await simulator.read<{ changes: unknown }>('/_simulator/changes')
    t.same(told.changes, JSON.parse(JSON.stringify(workspace.changes)))
    simulator.live.follow([{ after: 1, mutations: [{ kind: 'delete' }] }])
    await askTimes(simulator, 2)
    t.equal(workspace.changes.length, 4, 'another script counts from where it was given')
  },
)

t.test('requests that fail count, too', async (t) => {
  const simulator = await setUp(t, { script: [{ every: 1, mutations: [{ kind: 'update' }] }] })
  simulator.faults.next([{ status: 500 }])
  await simulator.ask('/tags')
  await simulator.ask('/nothing')
  await simulator.ask('/tags', { token: 'wrong' })
  t.equal(simulator.workspace.changes.length, 3)
})

t.test(
  'how long search takes to show a change is drawn anew, and versions of a record show in their order',
  async (t) => {
    const lag = { from: 0, to: 600_000 }
    const { workspace, clock, search } = await setUp(t, { indexLagsMs: { contacts: lag } })
    for (let change = 0; change < 30; change++) {
      workspace.mutate({ kind: change % 3 === 0 ? 'update' : 'create' })
      clock.advance(10_000)
    }
    const shown = workspace.changes.map(({ now, visibleFrom }) => visibleFrom - now)
    t.ok(Math.min(...shown) < 120_000 && Math.max(...shown) > 480_000)
    const ends = workspace.changes.map(({ visibleFrom }) => visibleFrom)
    t.not(ends.join(), ends.toSorted((a, b) => a - b).join(), 'a later change shows before an earlier one')
    const [id = ''] = workspace.mutate({ kind: 'create' })
    for (let change = 0; change < 10; change++) workspace.mutate({ kind: 'update', ids: [id] })
    const versions = [...workspace.truth({ streams: ['contacts'] })].filter((line) => line.id === id)
    const froms = versions.map(({ visibleFrom }) => visibleFrom)
    t.same(
      froms,
      froms.toSorted((a, b) => a - b),
    )
    clock.advance(600_000)
    t.equal((await search(all)).data.filter((contact) => contact.id === id).length, 1)
    workspace.mutate({ stream: 'conversations', kind: 'update' })
    t.equal(workspace.changes.at(-1)?.visibleFrom, clock.now(), 'other streams keep their own lag')
  },
)

t.test('a bulk edit gives thousands of records one second, a workspace can be of one day', async (t) => {
  const day = { from: Date.UTC(2026, 3, 1) / 1000, to: Date.UTC(2026, 3, 2) / 1000 }
  const { workspace, search } = await setUp(t, { contacts: 3_000, span: day })
  const before = await search({ ...all, query: { field: 'updated_at', operator: '<', value: day.to } })
  t.equal(before.total_count, 3_000)
  workspace.mutate({ kind: 'update', count: 2_500 })
  t.equal((await search(since(day.to))).total_count, 2_500)
  const { data } = await search(since(start / 1000 - 1))
  t.same([...new Set(data.map(({ updated_at: second }) => second))], [start / 1000])
})

t.test('the first records of a stream have the times they were told to have', async (t) => {
  const midnight = Date.UTC(2025, 2, 9, 5) / 1000
  const firstTimes = { contacts: [midnight, midnight - 1], conversations: [midnight + 82_799] }
  const { search, read } = await setUp(t, { firstTimes })
  const day = (value: number): Promise<{ total_count: number }> =>
    search({ query: { field: 'updated_at', operator: '=', value } }, '2.16')
  const around = [await day(midnight - 1), await day(midnight)].map(({ total_count: count }) => count)
  const plain = await setUp(t)
  const others = [midnight - 1, midnight].map((value) =>
    plain.search({ query: { field: 'updated_at', operator: '=', value } }, '2.16'),
  )
  const usual = (await Promise.all(others)).map(({ total_count: count }) => count)
  t.same(
    around.map((count, place) => count - (usual[place] ?? 0)),
    [1, 1],
    'one on either side of midnight',
  )
  const conversation = await read<{ updated_at: number; conversation_parts: unknown }>('/conversations/5')
  t.equal(conversation.updated_at, midnight + 82_799)
})

t.test('records can be as large as a megabyte', async (t) => {
  const { ask, search } = await setUp(t, { paddings: { contacts: [0, 1_000_000], conversations: [2_000_000] } })
  const sizes = (await search(all)).data.map((contact) => JSON.stringify(contact).length).sort((a, b) => b - a)
  t.ok((sizes[0] ?? 0) > 1_000_000 && (sizes[1] ?? 0) < 100_000)
  t.ok((await (await ask('/conversations/5')).arrayBuffer()).byteLength > 2_000_000)
})

t.test('the workspace can move to another time zone, and its days move with it', async (t) => {
  const { read, search, moveTo, ask } = await setUp(t, { timezone: 'Pacific/Kiritimati' })
  const zone = async (): Promise<string> => (await read<{ app: { timezone: string } }>('/me')).app.timezone
  t.equal(await zone(), 'Pacific/Kiritimati')
  const newest = (await search({ ...all, sort: { field: 'updated_at', order: 'descending' } })).data[0]?.updated_at ?? 0
  const sameDay = async (value: number): Promise<boolean> => {
    const page = await search(
      { query: { field: 'updated_at', operator: '=', value }, pagination: { per_page: 150 } },
      '2.16',
    )
    return page.data.some(({ updated_at: second }) => second === newest)
  }
  const secondOfDay = (newest + 14 * 3_600) % 86_400
  const nextDay = newest - secondOfDay + 86_400
  t.same([await sameDay(nextDay - 1), await sameDay(nextDay)], [true, false])
  moveTo('Pacific/Pago_Pago')
  t.equal(await zone(), 'Pacific/Pago_Pago')
  const moved = newest - ((newest - 11 * 3_600 + 86_400) % 86_400) + 86_400
  t.same([await sameDay(moved - 1), await sameDay(moved)], [true, false])
  await ask('/_simulator/timezone', { body: { timezone: 'Asia/Kolkata' } })
  t.equal(await zone(), 'Asia/Kolkata')
})

t.test('a merged contact is gone from searches, and says where it went since 2.16', async (t) => {
  const { workspace, clock, search, ask } = await setUp(t)
  const [first, second, third] = (await search(all)).data.map(({ id }) => id)
  if (first === undefined || second === undefined || third === undefined) return t.fail('too few contacts')
  clock.advance(60_000)
  t.same(workspace.mutate({ kind: 'merge', ids: [first], into: second }).sort(), [first, second].sort())
  const after = (await search(all)).data
  t.notOk(after.some(({ id }) => id === first))
  t.equal(after.find(({ id }) => id === second)?.updated_at, clock.now() / 1000, 'the target is touched')
  t.equal((await ask(`/contacts/${first}`, { version: '2.15' })).status, 404)
  const linkOf = async (): Promise<[number, string | null]> => {
    const response = await ask(`/contacts/${first}`, { version: '2.16' })
    return [response.status, response.headers.get('link')]
  }
  t.same(await linkOf(), [410, `</contacts/${second}>; rel="canonical"`])
  workspace.mutate({ kind: 'merge', ids: [second], into: third })
  t.same(await linkOf(), [410, `</contacts/${third}>; rel="canonical"`])
  t.equal((await ask(`/contacts/${third}`, { version: '2.16' })).status, 200)
  workspace.mutate({ kind: 'delete', ids: [third] })
  t.equal((await ask(`/contacts/${third}`, { version: '2.16' })).status, 404)
})
