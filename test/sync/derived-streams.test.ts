import t from 'tap'
import type { SimulatorOptions } from '../../simulator/options.ts'
import { createAcceleratedClock } from '../support/accelerated-clock.ts'
import { editAnswers } from '../support/edited-answers.ts'
import { collectSync, parseLines, recordsOf } from '../support/engine.ts'
import { listenSimulator } from '../support/listening-simulator.ts'
import { createManualClock } from '../support/manual-clock.ts'

const now = Date.UTC(2026, 4, 5, 12)
const listLengths = { tags: [11], companies: [12], notes: [20], opted_in_subscription_types: [13] }
const longLists: SimulatorOptions = { contacts: 20, companies: 20, listLengths, longLists: 0, oddities: false }
const warnings = (messages: Buffer) =>
  parseLines(messages).flatMap(({ log }) => (log?.level === 'WARN' ? [log.message] : []))

t.test('rows are cut from whole lists, and no other list is completed for them', async (t) => {
  const paths: Record<string, string[]> = {
    contact_tags: ['tags'],
    contact_companies: ['companies'],
    contact_subscriptions: ['subscriptions'],
    contact_social_profiles: [],
  }
  for (const [stream, completed] of Object.entries(paths)) {
    const simulator = await listenSimulator(t, { ...longLists, clock: createManualClock(now) })
    const [contact] = simulator.workspace.collection('contacts').log
    const { messages } = await collectSync({ baseUrl: simulator.url, streams: [stream] })
    const asked = simulator.requests.entries.flatMap(
      ({ path }) => path.match(/^\/contacts\/[0-9a-f]+\/(\w+)/)?.[1] ?? [],
    )
    t.same([...new Set(asked)], completed, stream)
    const rows = recordsOf(messages, stream).filter(({ contact_id: id }) => id === contact?.plan.id)
    if (completed.length > 0) t.ok(rows.length > 10, `${rows.length} ${stream}`)
  }
})

t.test('where a list may not be read, the rows that the record shows are delivered', async (t) => {
  const clock = createAcceleratedClock(now, 200)
  const accessTokens = { 'simulator-token': ['read_tags'] }
  const simulator = await listenSimulator(t, { ...longLists, accessTokens, clock })
  const [contact] = simulator.workspace.collection('contacts').log
  const { messages, outcome } = await collectSync({ baseUrl: simulator.url, clock, streams: ['contact_tags'] })
  t.equal(outcome?.failure, undefined)
  t.equal(recordsOf(messages, 'contact_tags').filter(({ contact_id: id }) => id === contact?.plan.id).length, 10)
  t.match(warnings(messages), [/may not read \/contacts\/\{id\}\/tags/])
})

t.test('a list that is read again after a death brings no row twice', async (t) => {
  const options = { contacts: 1, companies: 30, scrollPageSize: 4, oddities: false }
  const request = async () => {
    const clock = createManualClock(now)
    const { url: baseUrl } = await listenSimulator(t, { ...options, clock })
    return { baseUrl, clock, streams: ['company_tags'] }
  }
  const whole = await collectSync(await request())
  const rowsOf = (messages: Buffer) => recordsOf(messages, 'company_tags').map((row) => JSON.stringify(row))
  let died = 0
  for (const stopAfter of [1, 2, 3]) {
    const asked = await request()
    const { commits, outcome, messages } = await collectSync({ ...asked, stopAfter })
    if (!outcome && rowsOf(messages).length > 0) died++
    // The scroll that was left open is over after a minute.
    asked.clock.advance(120_000)
    const rest = await collectSync({ ...asked, held: commits })
    t.same(
      [...rowsOf(messages), ...rowsOf(rest.messages)].toSorted(),
      rowsOf(whole.messages).toSorted(),
      `${stopAfter}`,
    )
  }
  t.ok(died > 0, 'rows were delivered before the death')
})

t.test('what is no row is left out, and a row keeps its digits and its own members', async (t) => {
  const record = `{"type":"contact","id":"a1","created_at":1600000000,"updated_at":1700000000,
    "tags":{"data":[null,7,[],{"id":12345678901234567890,"rate":1.10,"parent_updated_at":"own"},{}],"has_more":false},
    "companies":null,"social_profiles":{"data":"none"}}`
  const page = `{"type":"list","data":[${record}],"total_count":1,"pages":{"page":1,"per_page":150,"total_pages":1}}`
  const clock = createManualClock(now)
  const simulator = await listenSimulator(t, { contacts: 1, clock })
  const baseUrl = await editAnswers(t, simulator, ({ path }) => (path === '/contacts/search' ? { body: page } : {}))
  const streams = ['contact_tags', 'contact_companies', 'contact_social_profiles']
  const { messages, outcome } = await collectSync({ baseUrl, clock, streams })
  t.equal(outcome?.failure, undefined)
  const rows = messages.toString().match(/"data":\{"[^}]*\}/g)
  t.same(rows, [
    '"data":{"contact_id":"a1","id":"12345678901234567890","rate":1.10,"parent_updated_at":"own"}',
    '"data":{"contact_id":"a1","parent_updated_at":1700000000}',
  ])
})

t.test(
  'a conversation whose parts cannot be read is asked for once for all streams, and first by the next sync',
  async (t) => {
    const clock = createAcceleratedClock(now, 400)
    const span = { from: now / 1000 - 86_400, to: now / 1000 - 7200 }
    const partsPerConversation = { from: 9, to: 10 }
    const options = { contacts: 1, companies: 1, conversations: 5, longConversations: 0, rowsInside: true }
    const simulator = await listenSimulator(t, { ...options, partsPerConversation, span, clock })
    const [conversation] = simulator.workspace.collection('conversations').log
    const id = conversation?.plan.id ?? ''
    let isBad = true
    let asked = 0
    const baseUrl = await editAnswers(t, simulator, ({ path }) => {
      if (path.startsWith(`/conversations/${id}`)) asked++
      return isBad && path.startsWith(`/conversations/${id}`) ? { status: 500, body: '{}' } : {}
    })
    const streams = ['conversation_parts', 'conversation_part_tags', 'conversation_emails']
    const rowsOf = (messages: Buffer) =>
      streams.map((stream) => recordsOf(messages, stream).filter((row) => row.conversation_id === id).length)
    const first = await collectSync({ baseUrl, clock, streams })
    t.match(first.outcome?.failure, { code: 'records_unreadable' })
    t.same(
      first.outcome?.streams.map(({ status, completeness }) => [status, completeness?.retryIds]),
      streams.map(() => ['INCOMPLETE', [id]]),
    )
    t.same(rowsOf(first.messages), [0, 0, 0])
    isBad = false
    asked = 0
    const second = await collectSync({ baseUrl, clock, streams, state: first.state })
    t.equal(second.outcome?.failure, undefined)
    t.ok(rowsOf(second.messages).every((count) => count > 0))
    t.equal(asked, 1)
  },
)

t.test('streams of rows in several lists read each list once', async (t) => {
  const clock = createManualClock(now)
  const simulator = await listenSimulator(t, { clock })
  for (const beside of [[], ['contact_attributes'], ['company_attributes', 'contact_attributes']]) {
    const before = simulator.requests.entries.length
    const streams = ['data_attribute_options', ...beside]
    const { messages, outcome } = await collectSync({ baseUrl: simulator.url, clock, streams })
    t.equal(outcome?.failure, undefined)
    const models = recordsOf(messages, 'data_attribute_options').map(({ model }) => model)
    t.same([...new Set(models)], ['contact', 'company'])
    for (const name of beside) {
      const own = recordsOf(messages, name).map(({ model }) => model)
      t.same([...new Set(own)], [name.split('_')[0]], `${name} has the records of its own list`)
    }
    const asked = simulator.requests.entries.slice(before).filter(({ path }) => path === '/data_attributes')
    t.equal(asked.length, 2, streams.join())
  }
})
