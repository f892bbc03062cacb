import t from 'tap'
import { checkMessages } from '../../simulator/oracle/check-messages.ts'
import { type ListeningSimulator, listenSimulator } from '../support/listening-simulator.ts'
import { createManualClock } from '../support/manual-clock.ts'
import { ndjson, wholeLog } from '../support/oracle-logs.ts'

const start = Date.UTC(2026, 4, 1, 12)
const small = { contacts: 30, conversations: 5, companies: 5, tickets: 40, oddities: false }

interface Ticket {
  id: string
  updated_at: number
  ticket_state: unknown
  ticket_parts: { ticket_parts: Part[]; total_count: number }
  [member: string]: unknown
}

interface Part {
  id: string | number
  updated_at: number
  [member: string]: unknown
}

interface TicketPage {
  type: string
  tickets: Ticket[]
  total_count: number
  pages: { next?: { starting_after: string } }
}

const query = { field: 'updated_at', operator: '>', value: 0 }
const sort = { field: 'updated_at', order: 'ascending' }

function searchPage(
  { read }: ListeningSimulator,
  { version = '2.16', ...body }: { version?: string; query?: object; pagination?: object } = {},
): Promise<TicketPage> {
  return read('/tickets/search', { version, body: { query, sort, pagination: { per_page: 150 }, ...body } })
}

/** The parts of tickets as a sync delivers them. */
const partTexts = (tickets: Ticket[]): string[] =>
  tickets.flatMap(({ id, updated_at, ticket_parts: { ticket_parts: parts } }) =>
    parts.map((part) => JSON.stringify({ ticket_id: id, parent_updated_at: updated_at, ...part, id: String(part.id) })),
  )

const withTextIds = (ticket: Ticket): string =>
  JSON.stringify({
    ...ticket,
    admin_assignee_id: String(ticket.admin_assignee_id),
    team_assignee_id: String(ticket.team_assignee_id),
  })

async function faultsOf({ workspace }: ListeningSimulator, stream: string, texts: string[], version = '2.16') {
  const { faults } = await checkMessages(
    ndjson(wholeLog(texts, stream)),
    workspace.truth({ streams: ['tickets', 'ticket_parts'], version }),
    { expectStreams: [stream] },
  )
  return faults.map(({ kind, count }) => `${kind} ${count}`)
}

t.test('a workspace has tickets only when it is told to', async (t) => {
  const without = await listenSimulator(t, { ...small, tickets: 0 })
  t.same((await searchPage(without)).tickets, [])
  t.equal([...without.workspace.truth()].filter(({ stream }) => stream.startsWith('ticket')).length, 0)
  const simulator = await listenSimulator(t, small)
  const streams = new Set([...simulator.workspace.truth()].map(({ stream }) => stream))
  t.ok(streams.has('tickets') && streams.has('ticket_parts'))
})

t.test('tickets are searched by the second, in pages, with their parts inside', async (t) => {
  const simulator = await listenSimulator(t, small)
  const page = await searchPage(simulator)
  t.equal(page.type, 'ticket.list')
  t.equal(page.total_count, 40)
  const seconds = page.tickets.map(({ updated_at: time }) => time)
  t.same(
    seconds,
    seconds.toSorted((a, b) => a - b),
  )
  const bound = { field: 'updated_at', operator: '>', value: seconds[9] }
  t.equal((await searchPage(simulator, { query: bound })).total_count, 30)
  const first = await searchPage(simulator, { pagination: { per_page: 15 } })
  const after = first.pages.next?.starting_after
  const second = await searchPage(simulator, { pagination: { per_page: 15, starting_after: after } })
  t.same(
    [...first.tickets, ...second.tickets].map(({ id }) => id),
    page.tickets.slice(0, 30).map(({ id }) => id),
  )
  t.ok(page.tickets.some(({ ticket_parts: { ticket_parts: parts } }) => parts.length > 4))
  t.equal((await simulator.ask('/tickets/search', { body: { query, pagination: { per_page: 151 } } })).status, 400)
})

t.test('a ticket is read by its id, not by the number people see, and is not found once it is deleted', async (t) => {
  const simulator = await listenSimulator(t, small)
  const { tickets } = await searchPage(simulator)
  const one = tickets.find(({ id, ticket_id: number }) => id !== number)
  const read = await simulator.read<Ticket>(`/tickets/${one?.id}`, { version: '2.16' })
  t.equal(read.id, one?.id)
  t.equal((await simulator.ask(`/tickets/${one?.ticket_id}`)).status, 404)
  simulator.workspace.mutate({ stream: 'tickets', kind: 'delete', ids: [one?.id ?? ''] })
  t.equal((await simulator.ask(`/tickets/${one?.id}`)).status, 404)
  t.equal((await searchPage(simulator)).total_count, 39)
})

t.test('versions before 2.10 have no search for tickets, and a token may lack the scope', async (t) => {
  const simulator = await listenSimulator(t, { ...small, accessTokens: { narrow: ['read_tickets'] } })
  const ask = (version: string): Promise<Response> =>
    simulator.ask('/tickets/search', { token: 'narrow', version, body: { query } })
  t.equal((await ask('2.16')).status, 403)
  const wide = await listenSimulator(t, small)
  const old = await wide.ask('/tickets/search', { version: '2.9', body: { query } })
  t.match([old.status, await old.json()], [400, { errors: [{ code: 'intercom_version_invalid' }] }])
})

t.test('a state is a text before 2.12 and an object since, ids of assignees change their type', async (t) => {
  const simulator = await listenSimulator(t, small)
  const types = async (version: string, member: string): Promise<string[]> => {
    const { tickets } = await searchPage(simulator, { version })
    return [...new Set(tickets.map((ticket) => typeof ticket[member]))].sort()
  }
  t.same(await types('2.11', 'ticket_state'), ['string'])
  t.same(await types('2.12', 'ticket_state'), ['object'])
  t.same(await types('2.11', 'ticket_state_internal_label'), ['string'])
  for (const version of ['2.11', '2.16']) t.same(await types(version, 'admin_assignee_id'), ['number', 'string'])
  const { tickets } = await searchPage(simulator)
  const nobody = new Set(tickets.map(({ admin_assignee_id: id }) => id).filter((id) => Number(id) === 0))
  t.same([...nobody].map((id) => typeof id).sort(), ['number', 'string'])
})

t.test('no more than the newest 500 parts are inside', async (t) => {
  const simulator = await listenSimulator(t, { ...small, longTickets: 2 })
  const long = (await searchPage(simulator)).tickets.filter(({ ticket_parts: parts }) => parts.total_count > 400)
  const shown = long.map(({ ticket_parts: { ticket_parts: parts, total_count: total } }) => [parts.length, total])
  t.same(
    shown.sort(([, a = 0], [, b = 0]) => a - b),
    [
      [500, 501],
      [500, 640],
    ],
  )
})

for (const version of ['2.11', '2.14', '2.16']) {
  t.test(`what ${version} serves is the truth of tickets and their parts, before and after changes`, async (t) => {
    const clock = createManualClock(start)
    const simulator = await listenSimulator(t, { ...small, clock, longTickets: 1, ticketsBehindTheirParts: 0.5 })
    for (const kind of ['create', 'update', 'reply', 'edit', 'redact', 'move', 'delete'] as const) {
      const { tickets } = await searchPage(simulator, { version })
      t.same(await faultsOf(simulator, 'tickets', tickets.map(withTextIds), version), [])
      t.same(await faultsOf(simulator, 'ticket_parts', partTexts(tickets), version), [])
      t.ok((await faultsOf(simulator, 'ticket_parts', partTexts(tickets).slice(1), version)).includes('missing 1'))
      clock.advance(60_000)
      simulator.workspace.mutate({ stream: 'tickets', kind, count: 5 })
    }
  })
}

t.test('a ticket can be behind its parts: from the start, and when parts come', async (t) => {
  const clock = createManualClock(start)
  const simulator = await listenSimulator(t, { ...small, clock, ticketsBehindTheirParts: 1 })
  const newest = ({ ticket_parts: { ticket_parts: parts } }: Ticket): number =>
    Math.max(0, ...parts.map(({ updated_at: time }) => time))
  const { tickets } = await searchPage(simulator)
  t.ok(tickets.some((ticket) => newest(ticket) > ticket.updated_at))
  const [ticket] = tickets
  if (ticket === undefined) return t.fail('there is no ticket')
  simulator.workspace.mutate({ stream: 'tickets', kind: 'move', ids: [ticket.id] })
  const [moved] = (await searchPage(simulator)).tickets
  t.equal(moved?.updated_at, ticket.updated_at)
  t.not(JSON.stringify(moved?.ticket_state), JSON.stringify(ticket.ticket_state), 'its state has moved all the same')
  t.equal(moved?.ticket_parts.total_count, ticket.ticket_parts.total_count + 1)
})

t.test('a late part must be found within a day of its ticket, and may be missed after that', async (t) => {
  const clock = createManualClock(start)
  const simulator = await listenSimulator(t, { ...small, clock, ticketsBehindTheirParts: 1 })
  const [id = ''] = simulator.workspace.mutate({ stream: 'tickets', kind: 'update', count: 1 })
  const before = (await searchPage(simulator)).tickets
  clock.advance(23 * 3_600_000)
  simulator.workspace.mutate({ stream: 'tickets', kind: 'reply', ids: [id] })
  t.same(await faultsOf(simulator, 'ticket_parts', partTexts(before)), ['missing 1'])
  t.same(await faultsOf(simulator, 'tickets', before.map(withTextIds)), ['stale 1'])
  const within = (await searchPage(simulator)).tickets
  clock.advance(2 * 3_600_000)
  for (const kind of ['reply', 'edit', 'move', 'redact'] as const) {
    simulator.workspace.mutate({ stream: 'tickets', kind, ids: [id] })
  }
  const after = (await searchPage(simulator)).tickets
  for (const tickets of [within, after]) {
    t.same(await faultsOf(simulator, 'ticket_parts', partTexts(tickets)), [])
    t.same(await faultsOf(simulator, 'tickets', tickets.map(withTextIds)), [])
  }
  simulator.workspace.mutate({ stream: 'tickets', kind: 'update', ids: [id] })
  t.same(await faultsOf(simulator, 'tickets', after.map(withTextIds)), ['stale 1'], 'then all of it must be there')
  t.ok((await faultsOf(simulator, 'ticket_parts', partTexts(within))).includes('missing 2'))
})

t.test('parts may come again with a ticket that changed without its time, but not more often', async (t) => {
  const clock = createManualClock(start)
  const simulator = await listenSimulator(t, { ...small, clock, ticketsBehindTheirParts: 1 })
  const { tickets } = await searchPage(simulator)
  const one = tickets.find(({ ticket_parts: { total_count: count } }) => count > 3)
  if (one === undefined) return t.fail('no ticket has parts')
  const first = partTexts(tickets)
  const again = partTexts([one])
  t.same(await faultsOf(simulator, 'ticket_parts', [...first, ...again]), [`duplicate ${again.length}`])
  simulator.workspace.mutate({ stream: 'tickets', kind: 'reply', ids: [one.id] })
  const late = partTexts([await simulator.read<Ticket>(`/tickets/${one.id}`, { version: '2.16' })])
  t.same(await faultsOf(simulator, 'ticket_parts', [...first, ...late]), [])
  t.same(await faultsOf(simulator, 'ticket_parts', [...first, ...late, ...late]), [`duplicate ${late.length}`])
})
