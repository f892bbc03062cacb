import t from 'tap'
import { brokenScroll } from '../../simulator/faults/fault.ts'
import { createAcceleratedClock } from '../support/accelerated-clock.ts'
import { collectSync, recordsOf } from '../support/engine.ts'
import { listenSimulator } from '../support/listening-simulator.ts'
import { createManualClock } from '../support/manual-clock.ts'

const now = Date.UTC(2026, 4, 5, 12)

t.test("a job tells Intercom's counts beside what came, and which conversations are capped", async (t) => {
  const simulator = await listenSimulator(t, { contacts: 300, conversations: 200, longConversations: 4 })
  const streams = ['contacts', 'conversations', 'conversation_parts']
  const { outcome } = await collectSync({ baseUrl: simulator.url, streams })
  const [contacts, conversations, parts] = outcome?.streams ?? []
  t.same(contacts?.completeness, { counted: 325, received: 325 })
  t.same(conversations?.completeness, { counted: 200, received: 200, capped: 3 })
  t.same(parts?.completeness, { capped: 3 }, '501, 640 and 777 of them; 500 fit')
})

t.test('a conversation deleted between the search and its parts is counted, not missed', async (t) => {
  const clock = createAcceleratedClock(now, 200)
  const simulator = await listenSimulator(t, { contacts: 20, conversations: 30, clock })
  const [conversation] = simulator.workspace.collection('conversations').latest()
  simulator.faults.next([{ match: { path: `/conversations/${conversation?.plan.id}` }, status: 404, repeat: 10 }])
  const { outcome } = await collectSync({ baseUrl: simulator.url, clock, streams: ['conversation_parts'] })
  t.equal(outcome?.failure, undefined)
  t.match(outcome?.streams, [{ status: 'COMPLETE', completeness: { deletedMeanwhile: 1 } }])
})

t.test('what the index shows late is delivered, and counted', async (t) => {
  const clock = createManualClock(now)
  const lag = 120_000
  const simulator = await listenSimulator(t, { contacts: 20, conversations: 50, clock, indexLagMs: lag })
  const options = { baseUrl: simulator.url, clock, streams: ['conversations'] }
  const first = await collectSync(options)
  simulator.workspace.mutate({ stream: 'conversations', kind: 'update', count: 4 })
  clock.advance(60_000)
  const second = await collectSync({ ...options, state: first.state })
  t.same(recordsOf(second.messages, 'conversations'), [])
  clock.advance(lag)
  const third = await collectSync({ ...options, state: second.state })
  t.equal(recordsOf(third.messages, 'conversations').length, 4)
  t.match(third.outcome?.streams, [{ completeness: { lateArrivals: 4 } }])
})

t.test('a scroll that broke is told of', async (t) => {
  const clock = createAcceleratedClock(now, 200)
  const simulator = await listenSimulator(t, { contacts: 20, companies: 250, oddities: false, clock })
  simulator.faults.next([{ ...brokenScroll, skip: 1, repeat: 5 }])
  const { outcome } = await collectSync({ baseUrl: simulator.url, clock, streams: ['companies'] })
  t.equal(outcome?.failure, undefined)
  t.match(outcome?.streams, [{ completeness: { restarts: 1 } }])
})
