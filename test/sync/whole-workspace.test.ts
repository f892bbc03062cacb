import t from 'tap'
import type { Fault } from '../../simulator/faults/fault.ts'
import { streamNames } from '../../simulator/records/streams.ts'
import type { Commit } from '../../src/sync/contract/commit.ts'
import { createAcceleratedClock } from '../support/accelerated-clock.ts'
import { collectSync, joined, judge, parseLines, recordsOf } from '../support/engine.ts'
import { listenSimulator } from '../support/listening-simulator.ts'

const expectStreams = [...streamNames]

/** What Intercom keeps a sync waiting for, the scroll of the one before for example, passes fifty times as fast. */
const fastClock = () => createAcceleratedClock(Date.UTC(2026, 4, 5), 50)

for (const newestVersion of ['2.16', '2.17'])
  t.test(`API ${newestVersion}: a whole workspace, first and three times more with changes between`, async (t) => {
    const clock = fastClock()
    const sizes = { contacts: 300, conversations: 400, companies: 250 }
    const simulator = await listenSimulator(t, { ...sizes, newestVersion, clock })
    const sync = (state: unknown[] = []) => collectSync({ baseUrl: simulator.url, clock, state })
    const first = await sync()
    t.equal(first.outcome?.failure, undefined)
    t.same((await judge(simulator, first.messages, { expectStreams })).faults, [])
    const quiet = await sync(first.state)
    for (const stream of streamNames) t.equal(recordsOf(quiet.messages, stream).length, 0, `${stream} is quiet`)

    let { state } = quiet
    for (const round of [1, 2, 3]) {
      const changed = {
        contacts: simulator.workspace.mutate({ stream: 'contacts', kind: 'update', count: 5 }),
        conversations: simulator.workspace.mutate({ stream: 'conversations', kind: 'reply', count: 7 }),
        companies: simulator.workspace.mutate({ stream: 'companies', kind: 'update', count: 6 }),
        segments: simulator.workspace.mutate({ stream: 'segments', kind: 'update', count: 1 }),
      }
      const next = await sync(state)
      for (const [stream, ids] of Object.entries(changed)) {
        const delivered = new Set(recordsOf(next.messages, stream).map(({ id }) => id))
        t.same(
          ids.filter((id) => !delivered.has(id)),
          [],
          `${stream}, round ${round}`,
        )
      }
      const parents = new Set(
        recordsOf(next.messages, 'conversation_parts').map(({ conversation_id }) => conversation_id),
      )
      t.ok(
        changed.conversations.every((id) => parents.has(id)),
        `parts, round ${round}`,
      )
      state = next.state
    }
  })

t.test(
  'an attempt at a whole workspace that dies after any commit is continued with nothing lost or twice',
  async (t) => {
    const clock = fastClock()
    const simulator = await listenSimulator(t, {
      contacts: 200,
      conversations: 120,
      companies: 230,
      longConversations: 2,
      clock,
    })
    for (const stopAfter of [5, 11]) {
      const held: Commit[] = []
      for (;;) {
        const attempt = await collectSync({ baseUrl: simulator.url, clock, stopAfter, held })
        held.push(...attempt.commits)
        if (attempt.outcome) break
      }
      const report = await judge(simulator, joined(held).messages, { expectStreams })
      t.same(report.faults, [], `died after every ${stopAfter} commits`)
    }
  },
)

t.test('conversations and their parts, selected and reset in every combination', async (t) => {
  const simulator = await listenSimulator(t, { conversations: 150, longConversations: 1 })
  const both = ['conversations', 'conversation_parts']
  const sync = (streams: string[], state: unknown[] = []) => collectSync({ baseUrl: simulator.url, streams, state })
  const asked = () => simulator.requests.totals.byPath['/conversations/:id'] ?? 0
  const nameOf = (message: unknown) =>
    (message as { stream: { stream_descriptor: { name: string } } }).stream.stream_descriptor.name

  for (const streams of [['conversations'], ['conversation_parts'], both]) {
    const before = asked()
    const { messages } = await sync(streams)
    t.same((await judge(simulator, messages, { expectStreams: streams })).faults, [], streams.join(' and '))
    t.equal(asked() > before, streams.includes('conversation_parts'), 'parts are asked for only where they are wanted')
  }
  const { state } = await sync(both)
  for (const reset of [[], ['conversations'], ['conversation_parts'], both]) {
    const kept = state.filter((message) => !reset.includes(nameOf(message)))
    const { messages } = await sync(both, kept)
    for (const stream of both)
      t.equal(
        recordsOf(messages, stream).length > 0,
        reset.includes(stream),
        `${stream} after a reset of ${reset.join()}`,
      )
    t.same((await judge(simulator, messages, { expectStreams: reset })).faults, [])
  }
})

t.test('a scroll that breaks, expires or is held by others is read to its end all the same', async (t) => {
  const clock = createAcceleratedClock(Date.UTC(2026, 4, 5), 100)
  const simulator = await listenSimulator(t, {
    companies: 450,
    clock,
    foreignScrollUntil: Date.UTC(2026, 4, 5) + 40_000,
  })
  const scroll = { match: { path: '/companies/scroll' } }
  simulator.faults.next([{ ...scroll, skip: 8, status: 500, repeat: 6, losesScroll: true }])
  const { messages, outcome } = await collectSync({
    baseUrl: simulator.url,
    clock,
    streams: ['companies', 'company_segments'],
  })
  t.equal(outcome?.failure, undefined)
  t.same((await judge(simulator, messages, { expectStreams: ['companies', 'company_segments'] })).faults, [])
  t.ok((simulator.requests.totals.byStatus[400] ?? 0) > 0, 'the foreign scroll was met')
  t.ok((simulator.requests.totals.byStatus[500] ?? 0) > 0, 'the scroll broke')
})

t.test('a page of the scroll that is lost on its way is not passed over', async (t) => {
  const lost: Fault[] = [
    { truncate: 200 },
    { reset: 'mid-body' },
    { reset: 'before-headers', fulfilled: true },
    { status: 502, html: '<html>Bad Gateway</html>', fulfilled: true },
    { status: 504, fulfilled: true },
    { text: '', fulfilled: true },
    { html: '<html>One moment, please</html>', fulfilled: true },
  ]
  for (const fault of lost) {
    const clock = createAcceleratedClock(Date.UTC(2026, 4, 5), 500)
    const simulator = await listenSimulator(t, { companies: 450, clock })
    simulator.faults.next([{ match: { path: '/companies/scroll' }, skip: 2, ...fault }])
    const sync = { baseUrl: simulator.url, clock, streams: ['companies'], usesSockets: true }
    const { messages, outcome } = await collectSync(sync)
    t.equal(outcome?.failure, undefined)
    t.same((await judge(simulator, messages, { expectStreams: ['companies'] })).faults, [], JSON.stringify(fault))
  }
})

t.test('an empty page in the middle of the scroll is not its end', async (t) => {
  for (const emptyScrollPage of [1, 3, 5]) {
    const simulator = await listenSimulator(t, { companies: 450, emptyScrollPage })
    const { messages, outcome } = await collectSync({ baseUrl: simulator.url, streams: ['companies'] })
    t.notOk(outcome?.streams[0]?.completeness?.restarts)
    t.same((await judge(simulator, messages, { expectStreams: ['companies'] })).faults, [], `page ${emptyScrollPage}`)
  }
})

t.test('a page of the scroll that the rate limit refuses is asked for again, and the scroll goes on', async (t) => {
  const clock = createAcceleratedClock(Date.UTC(2026, 4, 5), 50)
  const simulator = await listenSimulator(t, { companies: 450, clock })
  simulator.faults.next([{ match: { path: '/companies/scroll' }, skip: 2, repeat: 2, status: 429 }])
  const { messages, outcome } = await collectSync({ baseUrl: simulator.url, clock, streams: ['companies'] })
  t.equal(outcome?.failure, undefined)
  t.notOk(outcome?.streams[0]?.completeness?.restarts)
  t.same((await judge(simulator, messages, { expectStreams: ['companies'] })).faults, [])
})

t.test('a conversation of more parts than Intercom gives is marked, and told', async (t) => {
  const { url } = await listenSimulator(t, { conversations: 10, longConversations: 2 })
  const { messages } = await collectSync({ baseUrl: url, streams: ['conversations', 'conversation_parts'] })
  const lines = parseLines(messages)
  const marked = lines.filter((message) => message.type === 'RECORD' && 'meta' in message.record)
  t.ok(marked.length > 0)
  t.match(marked[0]?.record, {
    meta: { changes: [{ field: 'conversation_parts', change: 'TRUNCATED', reason: 'SOURCE_RETRIEVAL_ERROR' }] },
  })
  t.ok(lines.some(({ log }) => log?.level === 'WARN' && /newest 500/.test(log.message)))
})
