import t from 'tap'
import { captcha } from '../../simulator/faults/fault.ts'
import { createAcceleratedClock } from '../support/accelerated-clock.ts'
import { collectSync, judge, recordsOf } from '../support/engine.ts'
import { listenSimulator } from '../support/listening-simulator.ts'
import { createManualClock } from '../support/manual-clock.ts'

/** Oddities of Intercom's API that no other test meets. docs/why.md lists them all. */

const now = Date.UTC(2026, 2, 10, 12) / 1000
const span = { from: now - 30 * 86_400, to: now - 86_400 }

for (const inclusiveBounds of [true, false])
  t.test(
    `bounds of a search that ${inclusiveBounds ? 'take' : 'leave'} the bound itself ${inclusiveBounds ? 'in' : 'out'} lose and repeat nothing`,
    async (t) => {
      const clock = createManualClock(now * 1000)
      const simulator = await listenSimulator(t, { conversations: 400, tickets: 200, inclusiveBounds, span, clock })
      const streams = ['conversations', 'tickets']
      const request = { baseUrl: simulator.url, clock, streams }
      const first = await collectSync(request)
      t.same((await judge(simulator, first.messages, { expectStreams: streams })).faults, [])
      clock.advance(3_600_000)
      const changed = simulator.workspace.mutate({ stream: 'conversations', kind: 'update', count: 4 })
      const second = await collectSync({ ...request, state: first.state })
      t.same(
        recordsOf(second.messages, 'conversations')
          .map(({ id }) => id)
          .toSorted(),
        changed.toSorted(),
      )
      t.equal(recordsOf(second.messages, 'tickets').length, 0)
    },
  )

t.test('a page for people in place of an answer passes, and nothing is lost or twice', async (t) => {
  const clock = createAcceleratedClock(now * 1000, 50)
  const simulator = await listenSimulator(t, { contacts: 400, conversations: 40, clock })
  for (const path of ['/contacts/search', '/conversations/:id', '/tags'])
    simulator.faults.next([{ ...captcha, match: { path }, repeat: 2 }])
  const streams = ['contacts', 'conversation_parts', 'tags']
  const { messages, outcome } = await collectSync({ baseUrl: simulator.url, clock, streams })
  t.equal(outcome?.failure, undefined)
  t.same((await judge(simulator, messages, { expectStreams: streams })).faults, [])
  t.equal(simulator.requests.totals.byStatus[405], 6)
})

t.test('a scroll does not run out while the segments of its companies are read, however long that takes', async (t) => {
  const clock = createAcceleratedClock(now * 1000, 100)
  const simulator = await listenSimulator(t, { companies: 250, clock })
  simulator.faults.next([{ match: { path: '/companies/:id/segments' }, delayMs: 10_000, repeat: 1000 }])
  const streams = ['companies', 'company_segments']
  const began = clock.now()
  const { messages } = await collectSync({ baseUrl: simulator.url, clock, streams })
  t.same((await judge(simulator, messages, { expectStreams: streams })).faults, [])
  t.ok(clock.now() - began > 120_000, 'it took longer than a scroll lives')
  const scrolls = simulator.requests.entries.filter(({ path }) => path === '/companies/scroll')
  t.equal(scrolls.filter(({ query }) => query.scroll_param === undefined).length, 1)
})

t.test('companies that are deleted are still scrolled, and are no reason to fail', async (t) => {
  const simulator = await listenSimulator(t, { companies: 120 })
  const deleted = simulator.workspace.mutate({ stream: 'companies', kind: 'delete', count: 15 })
  const { messages, outcome } = await collectSync({
    baseUrl: simulator.url,
    streams: ['companies', 'company_segments'],
  })
  t.equal(outcome?.failure, undefined)
  t.same((await judge(simulator, messages, { expectStreams: ['companies', 'company_segments'] })).faults, [])
  t.ok((simulator.requests.totals.byStatus[404] ?? 0) >= deleted.length)
})

t.test('a contact that is merged into another is gone without a word, and the other one comes', async (t) => {
  const clock = createManualClock(now * 1000)
  const simulator = await listenSimulator(t, { contacts: 300, span, clock, oddities: false })
  const request = { baseUrl: simulator.url, clock, streams: ['contacts'] }
  const first = await collectSync(request)
  clock.advance(3_600_000)
  const [one = '', into = ''] = recordsOf(first.messages, 'contacts').map(({ id }) => String(id))
  simulator.workspace.mutate({ kind: 'merge', ids: [one], into })
  const second = await collectSync({ ...request, state: first.state })
  t.equal(second.outcome?.failure, undefined)
  t.same(
    recordsOf(second.messages, 'contacts').map(({ id }) => id),
    [into],
  )
})

t.test('attributes that share a name are told apart by their key', async (t) => {
  const { url } = await listenSimulator(t)
  for (const stream of ['company_attributes', 'contact_attributes']) {
    const attributes = recordsOf((await collectSync({ baseUrl: url, streams: [stream] })).messages, stream)
    t.equal(new Set(attributes.map(({ model, full_name }) => `${model} ${full_name}`)).size, attributes.length)
    if (stream === 'company_attributes') t.ok(new Set(attributes.map(({ name }) => name)).size < attributes.length)
  }
})

t.test('every request names the API version that was pinned, digit by digit', async (t) => {
  for (const api_version of ['2.11', '2.16']) {
    const simulator = await listenSimulator(t, { contacts: 50, companies: 20, conversations: 20, tickets: 20 })
    const config = { access_token: 'simulator-token', api_version }
    await collectSync({ baseUrl: simulator.url, config })
    t.same([...new Set(simulator.requests.entries.map(({ askedVersion }) => askedVersion))], [api_version])
  }
})
