import t from 'tap'
import type { SimulatorOptions } from '../../simulator/options.ts'
import type { Commit } from '../../src/sync/contract/commit.ts'
import { createAcceleratedClock } from '../support/accelerated-clock.ts'
import { collectSync, joined, judge, parseLines, recordsOf } from '../support/engine.ts'
import { listenSimulator } from '../support/listening-simulator.ts'
import { createManualClock } from '../support/manual-clock.ts'

const path = '/companies/list'
const both = ['companies', 'company_segments']
/** 240 of 250 companies have users: four pages. */
const held: SimulatorOptions = { companies: 250, foreignScrollUntil: Number.POSITIVE_INFINITY }

async function setUp(t: Parameters<typeof listenSimulator>[0], options: SimulatorOptions = {}) {
  // Companies that have been archived are asked about a second time, 10 s later.
  const clock = options.clock ?? createAcceleratedClock(Date.now(), 100)
  const simulator = await listenSimulator(t, { ...held, clock, ...options })
  const sync = (more: Partial<Parameters<typeof collectSync>[0]> = {}) =>
    collectSync({ baseUrl: simulator.url, clock, streams: both, scrollPatienceMs: 0, ...more })
  // Before the scroll, a page of one tells how many companies there are; that is no reading of the list.
  const pagesAsked = () =>
    simulator.requests.entries.filter((entry) => entry.path === path && entry.query.per_page !== '1')
  return { ...simulator, sync, pagesAsked }
}

const warnings = (messages: Buffer): string[] =>
  parseLines(messages).flatMap(({ log }) => (log?.level === 'WARN' ? [log.message] : []))

const idsOf = (messages: Buffer): unknown[] => recordsOf(messages, 'companies').map(({ id }) => id)

t.test('companies are read from the list when another application keeps the scroll', async (t) => {
  const simulator = await setUp(t)
  const { messages, outcome, state } = await simulator.sync()
  t.equal(outcome?.failure, undefined)
  t.same((await judge(simulator, messages, { expectStreams: both })).faults, [])
  t.equal(new Set(idsOf(messages)).size, 240)
  t.equal(idsOf(messages).length, 240)
  t.match(warnings(messages), [/another application keeps .* open.*POST \/companies\/list.*companies without users/])
  t.equal(warnings(messages).length, 1)
  t.same(
    simulator.pagesAsked().map(({ query, body }) => [query.page, query.per_page, body]),
    ['1', '2', '3', '4', '1', '2', '3', '4'].map((page) => [page, '60', null]),
    'two passes that agree are enough',
  )

  const quiet = await simulator.sync({ state })
  t.same([recordsOf(quiet.messages, 'companies'), recordsOf(quiet.messages, 'company_segments')], [[], []])
  const changed = simulator.workspace.mutate({ stream: 'companies', kind: 'update', count: 6 })
  const next = await simulator.sync({ state: quiet.state })
  t.same(idsOf(next.messages).toSorted(), changed.toSorted())
})

t.test('the list is read only when the wait for the scroll is over', async (t) => {
  const start = Date.UTC(2026, 4, 5)
  const clock = createAcceleratedClock(start, 100)
  const simulator = await setUp(t, { clock })
  await simulator.sync({ clock, scrollPatienceMs: 60_000 })
  const [first] = simulator.pagesAsked()
  t.ok((first?.time ?? 0) >= start + 60_000)
  t.ok((simulator.requests.totals.byPath['/companies/scroll'] ?? 0) > 5, 'the scroll was tried again and again')
})

t.test('a scroll that is let go within the wait is read, and the list is not', async (t) => {
  const start = Date.UTC(2026, 4, 5)
  const clock = createAcceleratedClock(start, 100)
  const simulator = await setUp(t, { clock, foreignScrollUntil: start + 40_000 })
  const { messages } = await simulator.sync({ clock, scrollPatienceMs: 120_000 })
  t.same((await judge(simulator, messages, { expectStreams: both })).faults, [])
  t.same([warnings(messages), simulator.pagesAsked()], [[], []])
})

t.test('what the list lacks are the companies without users', async (t) => {
  const simulator = await setUp(t, { omitUserlessCompanies: false })
  const { messages } = await simulator.sync({ streams: ['companies'] })
  const { faults } = await judge(simulator, messages, { expectStreams: ['companies'] })
  t.match(faults, [{ kind: 'missing', count: 10 }])
  t.equal(faults.length, 1)
  const delivered = new Set(idsOf(messages))
  const missing = simulator.workspace
    .collection('companies')
    .latest()
    .filter(({ plan }) => !delivered.has(plan.id))
  t.same(new Set(missing.map((company) => company.member('user_count'))), new Set([0]))
})

t.test('what the list lacked comes with the first sync that has the scroll, and once', async (t) => {
  const simulator = await setUp(t, { omitUserlessCompanies: false })
  const first = await simulator.sync()
  const again = await simulator.sync({ state: first.state })
  t.same(idsOf(again.messages), [], 'a list that has not changed gives nothing')
  t.match(first.state[0], { stream: { stream_state: { intercom_sync: { listed_from: 0 } } } })
  t.match(again.state[0], { stream: { stream_state: { intercom_sync: { listed_from: 0 } } } })

  simulator.workspace.companies.scroll.holdUntil(0)
  const ledger = new Map()
  await judge(simulator, first.messages, { expectStreams: [], ledger })
  const scrolled = await simulator.sync({ state: again.state })
  t.same((await judge(simulator, scrolled.messages, { expectStreams: both, ledger })).faults, [])
  t.ok(parseLines(scrolled.messages).some(({ log }) => /read again by the scroll/.test(log?.message)))
  t.notMatch(scrolled.state[0], { stream: { stream_state: { intercom_sync: { listed_from: 0 } } } })
  const quiet = await simulator.sync({ state: scrolled.state })
  t.same([recordsOf(quiet.messages, 'companies'), recordsOf(quiet.messages, 'company_segments')], [[], []])
})

t.test('companies that move between the pages are read until none is missing, each once', async (t) => {
  const mutations = [{ stream: 'companies', kind: 'visit' as const, count: 60 }]
  const simulator = await setUp(t, { mutationPlan: { every: 1, until: 6, mutations } })
  const { messages } = await simulator.sync()
  const all = idsOf(messages)
  t.equal(new Set(all).size, all.length, 'a company whose place alone has changed comes once')
  t.same((await judge(simulator, messages, { expectStreams: both })).faults, [])
  t.ok(simulator.pagesAsked().length >= 16, 'passes that do not agree are repeated')
  t.equal(warnings(messages).length, 1, 'and there is nothing to warn of in the end')
})

t.test(
  'companies that come, and change twice in a second, while the list is read are delivered as they are last',
  async (t) => {
    const clock = createManualClock()
    const streams = ['companies']
    const mutations = [
      { stream: 'companies', kind: 'update' as const, count: 80 },
      { stream: 'companies', kind: 'create' as const, count: 3 },
    ]
    const simulator = await setUp(t, { clock, mutationPlan: { every: 3, until: 9, mutations } })
    const { messages } = await simulator.sync({ streams })
    t.same((await judge(simulator, messages, { expectStreams: streams })).faults, [])
    const created = simulator.workspace
      .collection('companies')
      .latest()
      .filter(({ plan }) => plan.index >= 250)
    t.equal(created.length, 9)
    const delivered = new Set(idsOf(messages))
    t.same(
      created.filter(({ isListed, plan }) => isListed !== delivered.has(plan.id)),
      [],
    )
  },
)

t.test('a list that never comes to rest is told with figures, and what was found is delivered', async (t) => {
  const simulator = await setUp(t, {
    mutationPlan: { every: 1, mutations: [{ stream: 'companies', kind: 'update', count: 1 }] },
  })
  const { messages, outcome } = await simulator.sync({ streams: ['companies'] })
  t.equal(outcome?.failure, undefined)
  t.match(warnings(messages)[1], /changed each of the 5 times.*: 2\d\d companies were found, Intercom counts 240/)
  t.equal(simulator.pagesAsked().length, 20)
  t.ok(idsOf(messages).length >= 230)
})

t.test('an attempt that dies while it reads the list is continued with nothing lost or twice', async (t) => {
  const simulator = await setUp(t)
  const commits: Commit[] = []
  for (;;) {
    const attempt = await simulator.sync({ held: commits, stopAfter: 4 })
    commits.push(...attempt.commits)
    if (attempt.outcome) break
  }
  t.ok(commits.length > 4)
  t.same((await judge(simulator, joined(commits).messages, { expectStreams: both })).faults, [])
})

t.test('more companies than the list gives fail the attempt, which says what to do', async (t) => {
  for (const [companies, words] of [
    [10_600, /gives 10000 companies at most: this workspace has 101\d\d/],
    [10_400, /gives 10000 companies at most: page limit reached/],
  ] as const) {
    const simulator = await setUp(t, { companies, segments: 0, oddities: false })
    await t.rejects(simulator.sync({ streams: ['companies'] }), {
      code: 'intercom_unavailable',
      message: words,
    })
  }
})

t.test('a page that leads back ends the attempt', async (t) => {
  const simulator = await setUp(t)
  const body = { data: [], pages: { next: `https://api.intercom.io${path}?page=2` }, total_count: 240 }
  const record = { id: 'a', updated_at: 1, type: 'company' }
  // The count before the scroll and the first page stay as they are.
  simulator.faults.next([{ match: { path }, skip: 2, body: { ...body, data: [record] } }])
  await t.rejects(simulator.sync(), { code: 'intercom_loop' })
})
