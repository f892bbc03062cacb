import t from 'tap'
import { checkMessages } from '../../simulator/oracle/check-messages.ts'
import { collectSync, judge, parseLines, recordsOf } from '../support/engine.ts'
import { listenSimulator } from '../support/listening-simulator.ts'
import { createManualClock } from '../support/manual-clock.ts'

const streams = ['tickets', 'ticket_parts']
const now = Date.UTC(2026, 4, 5, 12)
const config = (api_version: string) => ({ access_token: 'simulator-token', api_version })

for (const version of ['2.11', '2.14', '2.16', '2.17']) {
  t.test(`tickets and their parts come by API ${version}, from one search`, async (t) => {
    const simulator = await listenSimulator(t, { contacts: 50, tickets: 400, newestVersion: '2.17' })
    const { messages, outcome } = await collectSync({ baseUrl: simulator.url, streams, config: config(version) })
    t.equal(outcome?.failure, undefined)
    t.same((await checkMessages([messages], simulator.workspace.truth({ version }))).faults, [])
    t.ok(recordsOf(messages, 'tickets').length >= 400 && recordsOf(messages, 'ticket_parts').length > 400)
    t.same(Object.keys(simulator.requests.totals.byPath).toSorted(), ['/me', '/tickets/search'])
  })
}

t.test('a part that comes while its ticket keeps its time is delivered by the next sync', async (t) => {
  const clock = createManualClock(now)
  const simulator = await listenSimulator(t, { contacts: 50, tickets: 200, ticketsBehindTheirParts: 1, clock })
  const first = await collectSync({ baseUrl: simulator.url, clock, streams })
  t.same((await judge(simulator, first.messages)).faults, [])
  const day = simulator.workspace.mutate({ stream: 'tickets', kind: 'update', count: 20 })
  const second = await collectSync({ baseUrl: simulator.url, clock, streams, state: first.state })
  t.same(new Set(recordsOf(second.messages, 'tickets').map(({ id }) => String(id))), new Set(day))

  clock.advance(3600_000)
  const moved = simulator.workspace.mutate({ stream: 'tickets', kind: 'move', ids: day })
  t.same(new Set(moved), new Set(day))
  clock.advance(60_000)
  const third = await collectSync({ baseUrl: simulator.url, clock, streams, state: second.state })
  t.same(new Set(recordsOf(third.messages, 'ticket_parts').map(({ ticket_id: id }) => String(id))), new Set(day))
  const quiet = await collectSync({ baseUrl: simulator.url, clock, streams, state: third.state })
  t.same(recordsOf(quiet.messages, 'tickets').length + recordsOf(quiet.messages, 'ticket_parts').length, 0)
})

t.test('of tickets the last day is read again by the next sync, of conversations five minutes', async (t) => {
  const clock = createManualClock(now)
  const simulator = await listenSimulator(t, { contacts: 10, conversations: 10, tickets: 10, oddities: false, clock })
  const all = ['conversations', ...streams]
  const { state } = await collectSync({ baseUrl: simulator.url, clock, streams: all })
  const cursors = (
    state as { stream: { stream_descriptor: { name: string }; stream_state: { updated_at: number } } }[]
  ).map(({ stream }) => [stream.stream_descriptor.name, stream.stream_state.updated_at])
  t.strictSame(Object.fromEntries(cursors), {
    conversations: now / 1000 - 300,
    tickets: now / 1000 - 86_400,
    ticket_parts: now / 1000 - 86_400,
  })
})

t.test('a ticket with more parts than Intercom gives is told of', async (t) => {
  const simulator = await listenSimulator(t, { contacts: 20, tickets: 100, longTickets: 3 })
  const { messages } = await collectSync({ baseUrl: simulator.url, streams: ['ticket_parts'] })
  const warnings = parseLines(messages).filter(({ log }) => log?.level === 'WARN')
  t.equal(warnings.length, 2, 'one with 501 parts and one with 640')
  t.match(warnings[0]?.log.message, /ticket_parts: .* Intercom gives the newest 500 only/)
})
