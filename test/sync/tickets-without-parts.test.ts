import t, { type Test } from 'tap'
import type { TicketPlan } from '../../simulator/records/ticket-times.ts'
import { createAcceleratedClock } from '../support/accelerated-clock.ts'
import { editAnswers } from '../support/edited-answers.ts'
import { collectSync, judge, parseLines, recordsOf } from '../support/engine.ts'
import { listenSimulator } from '../support/listening-simulator.ts'

const streams = ['tickets', 'ticket_parts']

interface Ticket {
  id: string
  updated_at?: number
  ticket_parts?: unknown
}

/** What stands in a ticket where its list of parts should be. */
const forms: Record<string, (ticket: Ticket) => Ticket> = {
  null: (ticket) => ({ ...ticket, ticket_parts: null }),
  nothing: ({ ticket_parts, ...ticket }) => ticket,
  'no list': (ticket) => ({ ...ticket, ticket_parts: { type: 'ticket_part.list', total_count: 3 } }),
  'some of the list': (ticket) => {
    const { ticket_parts: list } = ticket as { ticket_parts: { ticket_parts: object[] } }
    const pages = { next: { starting_after: 'x' } }
    return { ...ticket, ticket_parts: { ...list, ticket_parts: list.ticket_parts.slice(0, 1), pages } }
  },
}

/** A workspace of tickets, some of which come without their parts: from the search, and asked by themselves. */
async function setUp(t: Test, bare: { searched: (ticket: Ticket) => Ticket; asked?: (ticket: Ticket) => Ticket }) {
  const clock = createAcceleratedClock(Date.UTC(2026, 4, 5), 200)
  const simulator = await listenSimulator(t, { contacts: 20, tickets: 60, oddities: false, clock })
  const withParts = simulator.workspace
    .collection('tickets')
    .latest()
    .filter(({ plan }) => (plan as TicketPlan).partCount > 1)
  const ids = [3, 4, 20].map((place) => withParts[place]?.plan.id ?? '')
  const setting = { healed: false }
  const baseUrl = await editAnswers(t, simulator, ({ path, body, status }) => {
    if (setting.healed || status !== 200) return {}
    if (path.startsWith('/tickets/search')) {
      const answer = JSON.parse(body) as { tickets: Ticket[] }
      const tickets = answer.tickets.map((one) => (ids.includes(one.id) ? bare.searched(one) : one))
      return { body: JSON.stringify({ ...answer, tickets }) }
    }
    return path.startsWith('/tickets/') && bare.asked ? { body: JSON.stringify(bare.asked(JSON.parse(body))) } : {}
  })
  const sync = (state: unknown[] = []) => collectSync({ baseUrl, clock, streams, state })
  const partsOf = (messages: Buffer) =>
    new Set(recordsOf(messages, 'ticket_parts').map(({ ticket_id: id }) => String(id)))
  const asked = () => simulator.requests.totals.byPath['/tickets/:id'] ?? 0
  return { simulator, ids, setting, sync, partsOf, asked }
}

for (const [name, searched] of Object.entries(forms))
  t.test(`a ticket with ${name} for its parts is asked for them by itself`, async (t) => {
    const { simulator, sync, asked } = await setUp(t, { searched })
    const { messages, outcome } = await sync()
    t.equal(outcome?.failure, undefined)
    t.same((await judge(simulator, messages, { expectStreams: ['ticket_parts'] })).faults.filter(ofParts), [])
    t.equal(asked(), 3, 'those three and no other')
  })

const ofParts = ({ stream }: { stream: string | null }) => stream === 'ticket_parts'

t.test('a ticket that has no list of parts at all is named, holds nobody up, and comes when it can', async (t) => {
  const { simulator, ids, setting, sync, partsOf, asked } = await setUp(t, {
    searched: ({ ticket_parts, ...ticket }) => ticket,
    asked: (ticket) => ({ ...ticket, ticket_parts: null }),
  })
  const first = await sync()
  t.match(first.outcome?.failure, { code: 'records_unreadable' })
  for (const id of ids) t.ok(first.outcome?.failure?.message.includes(id))
  const state = first.state.find((message) => JSON.stringify(message).includes('"name":"ticket_parts"'))
  t.match(state, {
    stream: { stream_state: { intercom_sync: { retry_ids: Object.fromEntries(ids.map((id) => [id, Number])) } } },
  })
  const statuses = parseLines(first.messages).flatMap(({ trace }) => trace?.stream_status ?? [])
  t.match(
    statuses.findLast(({ stream_descriptor: { name } }) => name === 'ticket_parts'),
    { status: 'INCOMPLETE' },
  )
  const ledger = new Map()
  await judge(simulator, first.messages, { expectStreams: [], ledger })

  setting.healed = true
  const before = asked()
  const second = await sync(first.state)
  t.equal(second.outcome?.failure, undefined)
  t.equal(asked() - before, 3)
  t.same(partsOf(second.messages), new Set(ids))
  const { faults } = await judge(simulator, second.messages, { expectStreams: ['ticket_parts'], ledger })
  t.same(faults.filter(ofParts), [])
  const third = await sync(second.state)
  t.same(recordsOf(third.messages, 'ticket_parts'), [])
})

t.test('parts that come after all in the same sync, as their ticket has changed, are not missing', async (t) => {
  const before = Date.UTC(2026, 4, 5) / 1000
  const without = ({ ticket_parts, ...ticket }: Ticket): Ticket => ticket
  let change = (): unknown => undefined
  const { simulator, ids, sync, partsOf } = await setUp(t, {
    searched: (ticket) => (Number(ticket.updated_at) < before ? without(ticket) : ticket),
    asked: (ticket) => {
      change()
      return without(ticket)
    },
  })
  change = () => {
    simulator.workspace.mutate({ stream: 'tickets', kind: 'reply', ids })
    change = () => undefined
  }
  const { messages, outcome, state } = await sync()
  t.equal(outcome?.failure, undefined)
  t.notMatch(JSON.stringify(state), /retry_ids/)
  const came = partsOf(messages)
  t.ok(ids.every((id) => came.has(id)))
  const { faults } = await judge(simulator, messages, { expectStreams: ['ticket_parts'] })
  t.same(faults.filter(ofParts), [])
})

t.test('a ticket that comes without its list once is asked for again, and delivered with it', async (t) => {
  const simulator = await listenSimulator(t, { contacts: 0, tickets: 30, oddities: false })
  simulator.faults.next([{ match: { path: '/tickets/search' }, nulls: 'ticket_parts' }])
  const { messages } = await collectSync({ baseUrl: simulator.url, streams })
  t.same((await judge(simulator, messages, { expectStreams: streams })).faults, [])
  t.equal(simulator.requests.totals.byPath['/tickets/:id'], undefined, 'no ticket is asked for its parts by itself')
})

t.test('a ticket that is not in the second answer is asked for a third time', async (t) => {
  const simulator = await listenSimulator(t, { contacts: 0, tickets: 30, oddities: false })
  const match = { path: '/tickets/search' }
  simulator.faults.next([
    { match, nulls: 'ticket_parts' },
    { match, lacks: 1 },
  ])
  const { messages } = await collectSync({ baseUrl: simulator.url, streams })
  t.same((await judge(simulator, messages, { expectStreams: streams })).faults, [])
})

t.test('a list of parts that is shorter than its count is asked for by itself', async (t) => {
  const shorter = (ticket: Ticket) => {
    const list = ticket.ticket_parts as { ticket_parts: object[] }
    return { ...ticket, ticket_parts: { ...list, ticket_parts: list.ticket_parts.slice(0, 1) } }
  }
  const { sync, simulator } = await setUp(t, { searched: shorter })
  const { messages } = await sync()
  const { faults } = await judge(simulator, messages, { expectStreams: ['ticket_parts'] })
  t.same(
    faults.filter(({ stream }) => stream === 'ticket_parts'),
    [],
  )
})
