import t from 'tap'
import type { SimulatorOptions } from '../../simulator/options.ts'
import { createAcceleratedClock } from '../support/accelerated-clock.ts'
import { type Collected, collectSync, contactsOf, joined, judge, parseLines } from '../support/engine.ts'
import { type ListeningSimulator, listenSimulator } from '../support/listening-simulator.ts'
import { createManualClock } from '../support/manual-clock.ts'

const lists = ['tags', 'notes', 'companies', 'opted_out_subscription_types', 'opted_in_subscription_types'] as const

interface List {
  data: Record<string, unknown>[]
  total_count: number
  has_more: boolean
}

const first = (...lengths: number[]): number[] => [...lengths, ...Array<number>(200).fill(0)]

/** No list is longer than it shows, unless `listLengths` says so. */
function listen(t: Parameters<typeof listenSimulator>[0], { listLengths, ...options }: SimulatorOptions) {
  const short = Object.fromEntries(lists.map((name) => [name, first()]))
  return listenSimulator(t, { contacts: 60, tags: 200, ...options, listLengths: { ...short, ...listLengths } })
}

const sync = (simulator: ListeningSimulator, more: object = {}): Promise<Collected> =>
  collectSync({ baseUrl: simulator.url, streams: ['contacts'], ...more })

const listOf = (contact: Record<string, unknown> | undefined, name: string): List => contact?.[name] as List

/** The requests for lists of contacts, by route. */
function listRequests({ requests }: ListeningSimulator): Record<string, number> {
  const routes = Object.entries(requests.totals.byPath).filter(([route]) => route.startsWith('/contacts/:id/'))
  return Object.fromEntries(routes.map(([route, count]) => [route.replace('/contacts/:id/', ''), count]))
}

t.test('every list is delivered whole, in the form of the ten items it shows', async (t) => {
  const simulator = await listen(t, {
    listLengths: {
      tags: first(11, 25, 61, 130, 10, 0, 3),
      notes: first(0, 60, 61, 130),
      companies: first(11, 0, 61, 130, 10),
      opted_out_subscription_types: first(11, 0, 12),
      opted_in_subscription_types: first(12, 25, 0),
    },
  })
  const { messages } = await sync(simulator)
  t.same((await judge(simulator, messages)).faults, [], 'nothing of any list is missing')
  for (const contact of contactsOf(messages))
    for (const name of lists) {
      const { data, total_count: total, has_more: hasMore } = listOf(contact, name)
      t.match({ length: data.length, hasMore }, { length: total, hasMore: false })
      t.ok(data.every((item) => Object.keys(item).join() === 'type,id,url'))
      t.ok(data.every(({ id, url }) => String(url).endsWith(`/${id}`)))
    }
  t.same(listRequests(simulator), { tags: 4, notes: 11, companies: 11, subscriptions: 3 })
  const { entries } = simulator.requests
  const versions = entries.filter(({ route }) => route.startsWith('/contacts/:id/')).map(({ version }) => version)
  t.same([...new Set(versions)], ['2.16'], 'not in the version that is tried for the search')
})

t.test('where no list is cut nothing is asked', async (t) => {
  const simulator = await listen(t, { listLengths: Object.fromEntries(lists.map((name) => [name, first(10, 9, 1)])) })
  const { messages } = await sync(simulator)
  t.same((await judge(simulator, messages)).faults, [])
  t.same(listRequests(simulator), {})
})

t.test('fewer items than Intercom counts are no error', async (t) => {
  const simulator = await listen(t, { removedTags: 3, listLengths: { tags: first(12, 8, 7) } })
  const { messages, outcome } = await sync(simulator)
  t.same((await judge(simulator, messages)).faults, [])
  t.equal(outcome?.failure, undefined)
  const found = contactsOf(messages).map((contact) => listOf(contact, 'tags'))
  const shown = found.map((list) => [list.data.length, list.total_count, list.has_more])
  const long = shown.filter(([length]) => length !== 0).toSorted()
  t.same(long, [
    [12, 15, false],
    [7, 10, false],
    [8, 11, false],
  ])
  t.same(listRequests(simulator), { tags: 2 }, 'one request each, asked once')
  t.notOk(parseLines(messages).some(({ log }) => log?.level === 'WARN'))
})

for (const api_version of ['2.16', '2.17'])
  t.test(`API ${api_version}: a quiet sync has no records and asks for no lists`, async (t) => {
    const now = Date.UTC(2026, 2, 10, 12)
    const clock = createManualClock(now)
    const simulator = await listen(t, {
      clock,
      span: { from: now / 1000 - 3000, to: now / 1000 },
      listLengths: { tags: first(...Array<number>(40).fill(11)), notes: first(0, 70) },
    })
    const request = { clock, config: { access_token: 'simulator-token', api_version } }
    const all = await sync(simulator, request)
    t.same((await judge(simulator, all.messages)).faults, [])
    t.same(listRequests(simulator), { tags: 40, notes: 4 })

    clock.advance(60_000)
    const quiet = await sync(simulator, { ...request, state: all.state })
    t.equal(contactsOf(quiet.messages).length, 0)
    t.same(listRequests(simulator), { tags: 40, notes: 4 })

    const tagged = contactsOf(all.messages).find((contact) => listOf(contact, 'tags').total_count === 11)
    clock.advance(60_000)
    simulator.workspace.mutate({ kind: 'update', ids: [String(tagged?.id)] })
    clock.advance(1000)
    const changed = await sync(simulator, { ...request, state: quiet.state })
    t.same(
      contactsOf(changed.messages).map((contact) => [contact.id, listOf(contact, 'tags').data.length]),
      [[tagged?.id, 11]],
    )
    t.equal(listRequests(simulator).tags, 41)
  })

for (const missingScopeStatus of [401, 403] as const)
  t.test(`a list that the token may not read (${missingScopeStatus}) stays cut, and that is said once`, async (t) => {
    const long = first(...Array<number>(60).fill(11))
    const clock = createAcceleratedClock(Date.UTC(2026, 2, 10, 12), 100)
    const simulator = await listen(t, {
      clock,
      missingScopeStatus,
      accessTokens: { 'simulator-token': ['read_tags'] },
      listLengths: { tags: long, notes: long },
    })
    const { messages, outcome } = await sync(simulator, { clock })
    t.match(outcome, { streams: [{ status: 'COMPLETE', rowsSynced: 85 }] })
    t.equal(outcome?.failure, undefined)
    for (const contact of contactsOf(messages).filter((one) => listOf(one, 'tags').total_count > 0)) {
      t.match(listOf(contact, 'tags'), { total_count: 11, has_more: true, data: { length: 10 } })
      t.match(listOf(contact, 'notes'), { total_count: 11, has_more: false, data: { length: 11 } })
    }
    const warnings = parseLines(messages).filter(({ log }) => log?.level === 'WARN')
    t.match(warnings, [{ log: { message: /tags.*Read tags/ } }])
    t.equal(warnings.length, 1)
    const { tags = 0, notes } = listRequests(simulator)
    t.equal(notes, 60)
    t.ok(tags > 1 && tags <= 10, `asked ${tags} times`)
  })

t.test('a contact that is deleted meanwhile is delivered as it was found', async (t) => {
  const clock = createAcceleratedClock(Date.UTC(2026, 2, 10, 12), 100)
  const simulator = await listen(t, {
    clock,
    indexLagMs: 3_600_000,
    listLengths: { tags: first(30, 30), notes: first(20) },
  })
  const ids = simulator.workspace.mutate({ kind: 'delete', count: 85 })
  const { messages, outcome } = await sync(simulator, { clock })
  t.equal(outcome?.failure, undefined)
  t.same((await judge(simulator, messages)).faults, [])
  t.equal(contactsOf(messages).length, ids.length)
  t.same(contactsOf(messages).filter((contact) => listOf(contact, 'tags').has_more).length, 2)
  t.same(simulator.requests.totals.byStatus[404], 6, 'each list is asked for once more before that is believed')
})

t.test('an attempt that dies after any commit is continued with every list whole', async (t) => {
  const long = Array.from({ length: 1200 }, (_, index) => (index % 9 === 0 ? 11 + (index % 60) : 2))
  const simulator = await listenSimulator(t, {
    contacts: 1200,
    tags: 200,
    rateLimitPerWindow: 1e6,
    listLengths: { tags: long, companies: long.toReversed() },
  })
  for (const stopAfter of [2, 3, 5]) {
    const commits = []
    for (;;) {
      const attempt = await sync(simulator, { stopAfter, held: commits })
      commits.push(...attempt.commits)
      if (attempt.outcome) break
    }
    const report = await judge(simulator, joined(commits).messages)
    t.same(report.faults, [], `died after every ${stopAfter} commits`)
    t.equal(report.streams.contacts?.setHash, report.streams.contacts?.truthHash)
  }
})
