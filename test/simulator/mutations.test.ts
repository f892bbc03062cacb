import { createHash } from 'node:crypto'
import t from 'tap'
import type { TruthLine } from '../../simulator/truth/truth.ts'
import { listenSimulator } from '../support/listening-simulator.ts'
import { createManualClock } from '../support/manual-clock.ts'

const start = Date.UTC(2026, 4, 1, 12)
const all = { query: { field: 'updated_at', operator: '>', value: 0 }, sort: { field: 'updated_at' } }
const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex')

t.test('a change shows at once, with the second of the clock', async (t) => {
  const clock = createManualClock(start)
  const { search, workspace } = await listenSimulator(t, { contacts: 20, oddities: false, clock })
  await search(all)
  clock.advance(1_500)
  const updated = workspace.mutate({ kind: 'update', count: 3 })
  const [created] = workspace.mutate({ kind: 'create' })
  const { data, total_count: total } = await search(all)
  t.equal(total, 21)
  t.same(new Set(data.slice(0, 4).map(({ id }) => id)), new Set([...updated, created]))
  t.same(
    data.slice(0, 5).map(({ updated_at: at }) => at >= start / 1000),
    [true, true, true, true, false],
  )
  t.equal(data[0]?.updated_at, start / 1000 + 1)
  t.equal(data.find(({ id }) => id === created)?.created_at, start / 1000 + 1)
})

t.test('chosen ids are touched, deleted ones vanish, unknown ones are passed over', async (t) => {
  const { search, workspace } = await listenSimulator(t, {
    contacts: 10,
    oddities: false,
    clock: createManualClock(start),
  })
  const [first, second] = (await search(all)).data.map(({ id }) => id).toReversed()
  t.same(workspace.mutate({ kind: 'update', ids: [first ?? '', 'unknown'] }), [first])
  t.same(workspace.mutate({ kind: 'delete', ids: [second ?? ''] }), [second])
  const { data } = await search(all)
  t.equal(data.length, 9)
  t.equal(data[0]?.id, first)
  t.notOk(data.some(({ id }) => id === second))
})

t.test('a bulk edit puts every contact into one second', async (t) => {
  const { search, workspace } = await listenSimulator(t, {
    contacts: 700,
    oddities: false,
    clock: createManualClock(start),
  })
  await search(all)
  t.equal(new Set(workspace.mutate({ kind: 'update', count: 10_000 })).size, 700, 'each of them once')
  const query = { field: 'updated_at', operator: '=', value: start / 1000 }
  t.equal((await search({ query })).total_count, 700)
})

t.test('with an index lag search shows the old version until the lag is over', async (t) => {
  const clock = createManualClock(start)
  const { search, workspace } = await listenSimulator(t, { contacts: 1, oddities: false, clock, indexLagMs: 60_000 })
  const [id] = workspace.mutate({ kind: 'update' })
  workspace.mutate({ kind: 'create' })
  clock.advance(59_999)
  const before = await search(all)
  t.equal(before.total_count, 1)
  t.ok((before.data[0]?.updated_at ?? 0) < start / 1000)
  clock.advance(1)
  const after = await search(all)
  t.equal(after.total_count, 2)
  t.equal(after.data.find((contact) => contact.id === id)?.updated_at, start / 1000)
})

t.test('what has gone for good leaves the search, however late it had changed', async (t) => {
  const lagMs = 60_000
  for (let seed = 1; seed <= 6; seed++) {
    const clock = createManualClock(start)
    const { walk, workspace } = await listenSimulator(t, { contacts: 3, oddities: false, seed, clock })
    const present = () =>
      workspace
        .collection('contacts')
        .latest()
        .map(({ plan }) => plan.id)
    const ids = present()
    // It makes the contact that it becomes part of late, and that one may go next.
    workspace.mutate({ kind: 'update', ids: ids.slice(0, 1), lagMs })
    workspace.mutate({ kind: 'merge', ids })
    clock.advance(2 * lagMs)
    t.same(await walk(all), present())
    for (const { visibleFrom, visibleUntil } of workspace.truth({ streams: ['contacts'] }))
      t.ok(visibleUntil === null || visibleFrom <= visibleUntil)
  }
})

t.test('a contact that is back before the search has noticed that it had gone is shown once', async (t) => {
  const lagMs = 60_000
  const clock = createManualClock(start)
  const { walk, workspace } = await listenSimulator(t, { contacts: 3, oddities: false, clock })
  const [gone = ''] = workspace.mutate({ kind: 'delete', lagMs })
  workspace.mutate({ kind: 'unarchive', ids: [gone] })
  const shown = async () => (await walk(all)).filter((id) => id === gone)
  t.same(await shown(), [gone])
  clock.advance(2 * lagMs)
  t.same(await shown(), [gone])
})

t.test('a plan changes contacts after every so many searches, until it ends', async (t) => {
  const clock = createManualClock(start)
  const mutationPlan = {
    every: 2,
    until: 4,
    mutations: [{ kind: 'update' as const, count: 2 }, { kind: 'create' as const }],
  }
  const { search, workspace } = await listenSimulator(t, { contacts: 5, oddities: false, clock, mutationPlan })
  const totals: number[] = []
  for (let asked = 1; asked <= 7; asked++) totals.push((await search(all)).total_count)
  t.same(totals, [5, 5, 6, 6, 7, 7, 7])
  const changes = [...workspace.truth({ streams: ['contacts'] })].filter(({ visibleFrom }) => visibleFrom === start)
  t.equal(changes.length, 6, 'two rounds of two updates and one creation')
})

t.test('the truth holds every version with the time search showed it', async (t) => {
  const clock = createManualClock(start)
  const { ask, workspace } = await listenSimulator(t, { contacts: 3, tags: 1, oddities: false, clock })
  const [id] = workspace.mutate({ kind: 'update' })
  clock.advance(5_000)
  workspace.mutate({ kind: 'delete', ids: [id ?? ''] })
  workspace.mutate({ kind: 'update', stream: 'tags', ids: ['102'] })
  const text = await (await ask('/_simulator/truth?streams=contacts,tags', { token: null })).text()
  const lines = text
    .trimEnd()
    .split('\n')
    .map((line): TruthLine => JSON.parse(line))
  t.same(lines, [...workspace.truth({ streams: ['contacts', 'tags'] })])
  t.equal(lines.length, 6)
  const times = lines
    .filter((line) => line.id === id)
    .map(({ visibleFrom, visibleUntil }) => [visibleFrom, visibleUntil])
  t.same(times, [
    [0, start],
    [start, start + 5_000],
  ])
  t.match(
    lines.filter(({ stream }) => stream === 'tags'),
    [{ visibleUntil: start + 5_000 }, { updatedAt: null, visibleUntil: null }],
  )
})

t.test('the truth is the hash of what is served, the repairs apart', async (t) => {
  const { ask, workspace } = await listenSimulator(t, { contacts: 60, tags: 3, oddities: false })
  const body = { ...all, pagination: { per_page: 150 } }
  const page = await (await ask('/contacts/search', { body, version: '2.17' })).text()
  const texts = page.slice(page.indexOf('[') + 1, page.lastIndexOf('],"total_count"')).split(/,(?=\{"type":"contact")/)
  t.equal(texts.length, 60)
  t.ok(texts.some((text) => /"owner_id":\d/.test(text)) && texts.some((text) => /"owner_id":"\d/.test(text)))
  const repaired = texts.map((text) =>
    sha256(
      text
        .replace(/"owner_id":(\d+)/, '"owner_id":"$1"')
        .replace(/"avatar":("[^"]*")/, '"avatar":{"type":"avatar","image_url":$1}'),
    ),
  )
  const truth = [...workspace.truth()].filter(({ stream }) => stream === 'contacts').map((line) => line.sha256)
  t.same(repaired.toSorted(), truth.toSorted())
})

t.test('changes can be made over HTTP, wrong ones are refused', async (t) => {
  const { ask } = await listenSimulator(t, { contacts: 10 })
  const made = await ask('/_simulator/mutate', { token: null, body: { kind: 'update', count: 4 } })
  t.equal(((await made.json()) as { ids: string[] }).ids.length, 4)
  t.equal((await ask('/_simulator/mutate', { body: { kind: 'update', stream: 'moods' } })).status, 400)
  t.equal((await ask('/_simulator/mutate', { body: { kind: 'explode' } })).status, 400)
})
