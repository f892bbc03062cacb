import t from 'tap'
import { createAcceleratedClock } from '../support/accelerated-clock.ts'
import { collectSync, contactsOf, judge, parseLines, recordsOf } from '../support/engine.ts'
import { listenSimulator } from '../support/listening-simulator.ts'

/**
 * What Airbyte's source-intercom learned one release at a time (0.1.1 to 0.1.24). The number in a name is the release
 * whose changelog tells of the behaviour.
 */

const now = Date.UTC(2026, 4, 5)
const idsOf = (records: Record<string, unknown>[]) => records.map(({ id }) => String(id)).toSorted()

t.test('0.1.1, 0.1.11: the rate limit is waited out, and only as long as it lasts', async (t) => {
  const clock = createAcceleratedClock(now, 10)
  const simulator = await listenSimulator(t, { contacts: 2000, rateLimitPerWindow: 6, clock })
  const { messages, outcome } = await collectSync({ baseUrl: simulator.url, clock, streams: ['contacts'] })
  t.equal(outcome?.failure, undefined)
  t.same((await judge(simulator, messages)).faults, [])
  const waits = parseLines(messages).flatMap(({ trace }) =>
    (trace?.stream_status?.reasons ?? []).map(({ rate_limited }) => rate_limited.quota_reset - trace.emitted_at),
  )
  t.ok(waits.length > 0, 'waits are told')
  t.ok(Math.max(...waits) <= 11_000, `no wait is longer than a window: ${waits.map(Math.round)}`)
})

t.test('0.1.2, 0.1.6: contacts and conversations are paged to the end', async (t) => {
  const simulator = await listenSimulator(t, { contacts: 700, conversations: 500 })
  const { messages } = await collectSync({ baseUrl: simulator.url, streams: ['contacts', 'conversations'] })
  t.same((await judge(simulator, messages)).faults, [])
  t.ok((simulator.requests.totals.byPath['/conversations/search'] ?? 0) > 3, 'it took several pages')
})

t.test('0.1.8: a token from OAuth is a token like any other', async (t) => {
  const { url } = await listenSimulator(t, { contacts: 20 })
  const config = { access_token: 'simulator-token', client_id: 'app', client_secret: 'secret' }
  const { messages } = await collectSync({ baseUrl: url, config, streams: ['contacts'] })
  t.equal(contactsOf(messages).length, 45)
})

t.test('0.1.9: companies wait for a scroll that somebody else has open', async (t) => {
  const clock = createAcceleratedClock(now, 100)
  const simulator = await listenSimulator(t, { companies: 60, clock, foreignScrollUntil: now + 45_000 })
  const { messages } = await collectSync({ baseUrl: simulator.url, clock, streams: ['companies'] })
  t.same((await judge(simulator, messages)).faults, [])
  t.ok(clock.now() - now >= 45_000)
})

t.test('0.1.10: conversations are asked for in the order of their last change', async (t) => {
  const simulator = await listenSimulator(t, { conversations: 300 })
  const { messages } = await collectSync({ baseUrl: simulator.url, streams: ['conversations'] })
  const times = recordsOf(messages, 'conversations').map(({ updated_at }) => Number(updated_at))
  t.equal(times.length, 300)
  t.same(
    times,
    times.toSorted((one, other) => one - other),
  )
})

t.test('0.1.13: a scroll that expires is begun again, and no company comes twice', async (t) => {
  const clock = createAcceleratedClock(now, 100)
  const simulator = await listenSimulator(t, { companies: 350, clock })
  const lost = { match: { path: '/companies/scroll' }, skip: 2, status: 404, losesScroll: true } as const
  simulator.faults.next([lost])
  const { messages, outcome } = await collectSync({ baseUrl: simulator.url, clock, streams: ['companies'] })
  t.equal(outcome?.failure, undefined)
  t.same((await judge(simulator, messages)).faults, [])
})

t.test('0.1.15: the check asks for paths without a doubled slash', async (t) => {
  const simulator = await listenSimulator(t, { contacts: 5 })
  await collectSync({ baseUrl: `${simulator.url}/`, streams: ['contacts', 'tags'] })
  t.same(
    simulator.requests.entries.filter(({ path }) => path.includes('//')),
    [],
  )
})

t.test('0.1.16: every part names its conversation', async (t) => {
  const { url } = await listenSimulator(t, { conversations: 30 })
  const { messages } = await collectSync({ baseUrl: url, streams: ['conversations', 'conversation_parts'] })
  const conversations = new Set(idsOf(recordsOf(messages, 'conversations')))
  const parts = recordsOf(messages, 'conversation_parts')
  t.ok(parts.length > 30)
  t.ok(parts.every(({ conversation_id }) => conversations.has(String(conversation_id))))
})

t.test('0.1.17: the parts of a conversation that moved all come, however old they are', async (t) => {
  const simulator = await listenSimulator(t, { conversations: 40, longConversations: 0 })
  const streams = ['conversations', 'conversation_parts']
  const first = await collectSync({ baseUrl: simulator.url, streams })
  const [id] = simulator.workspace.mutate({ stream: 'conversations', kind: 'reply', count: 1 })
  const of = (messages: Buffer) =>
    idsOf(recordsOf(messages, 'conversation_parts').filter(({ conversation_id }) => conversation_id === id))
  const next = await collectSync({ baseUrl: simulator.url, streams, state: first.state })
  t.equal(of(next.messages).length, of(first.messages).length + 1)
  t.same(
    of(first.messages).filter((part) => !of(next.messages).includes(part)),
    [],
  )
})

t.test('0.1.23: there is a checkpoint at least every thousand records', async (t) => {
  const { url } = await listenSimulator(t, { contacts: 6000 })
  const { messages } = await collectSync({ baseUrl: url, streams: ['contacts'] })
  let since = 0
  let most = 0
  for (const { type } of parseLines(messages)) {
    since = type === 'STATE' ? 0 : since + (type === 'RECORD' ? 1 : 0)
    most = Math.max(most, since)
  }
  // A page is delivered whole before the STATE that covers it.
  t.ok(most < 1000 + 150, `at most ${most}`)
})

for (const start_date of [undefined, null, ''])
  t.test(`a start date of ${JSON.stringify(start_date) ?? 'nothing'} means everything`, async (t) => {
    const simulator = await listenSimulator(t, { contacts: 40, conversations: 40, companies: 40 })
    const config = { access_token: 'simulator-token', start_date }
    const { messages } = await collectSync({ baseUrl: simulator.url, config })
    t.same((await judge(simulator, messages)).faults, [])
  })

for (const stream of ['conversations', 'companies', 'segments'])
  t.test(`the start date is inclusive: ${stream} of that very second are there, older ones are not`, async (t) => {
    const simulator = await listenSimulator(t, { conversations: 60, companies: 60 })
    const truth = [...simulator.workspace.truth()].filter(
      (line) => line.stream === stream && line.visibleUntil === null,
    )
    const times = truth.map(({ updatedAt }) => updatedAt ?? 0).toSorted((one, other) => one - other)
    const start = times[Math.floor(times.length / 2)] ?? 0
    const start_date = new Date(start * 1000).toISOString().replace('.000', '')
    const config = { access_token: 'simulator-token', start_date }
    const { messages } = await collectSync({ baseUrl: simulator.url, config, streams: [stream] })
    const expected = truth.filter(({ updatedAt }) => (updatedAt ?? 0) >= start)
    t.ok(expected.some(({ updatedAt }) => updatedAt === start))
    t.same(idsOf(recordsOf(messages, stream)), expected.map(({ id }) => id).toSorted())
  })
