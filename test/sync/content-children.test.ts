import t, { type Test } from 'tap'
import type { SimulatorOptions } from '../../simulator/options.ts'
import { checkMessages } from '../../simulator/oracle/check-messages.ts'
import { belowNames } from '../../simulator/truth/below-truth.ts'
import { findStream } from '../../src/streams/table.ts'
import { createAcceleratedClock } from '../support/accelerated-clock.ts'
import { editAnswers } from '../support/edited-answers.ts'
import { type CollectOptions, collectSync, joined, parseLines, recordsOf } from '../support/engine.ts'
import { listenSimulator } from '../support/listening-simulator.ts'
import { createManualClock } from '../support/manual-clock.ts'

const now = Date.UTC(2026, 4, 5)
const day = 86_400
const workspace = {
  contacts: 90,
  segments: 4,
  companies: 45,
  companyNotes: 60,
  conversations: 1,
  articles: 30,
  lists: { calls: 70 },
  listLengths: { notes: [70, 0, 3, 0, 1] },
  oddities: false,
  // Whether one is gone is asked once more, ten seconds later.
  deletedCompanies: false,
}
const parents = ['contacts', 'companies', 'articles', 'calls', 'segments']
const incremental = belowNames.filter((name) => findStream(name)?.cursor)
const whole = belowNames.filter((name) => !incremental.includes(name))

async function setUp(t: Test, options: SimulatorOptions = {}) {
  const clock = createManualClock(now)
  const simulator = await listenSimulator(t, { ...workspace, clock, ...options })
  const ledger = new Map()
  const sync = (more: Partial<CollectOptions> = {}) =>
    collectSync({ baseUrl: simulator.url, clock, streams: belowNames, ...more })
  const faultsIn = async (messages: Buffer, streams: readonly string[] = belowNames, due = {}) => {
    const visibleAt = (options.clock ?? clock).now()
    const truth = simulator.workspace.truth({ streams: [...streams, ...parents, 'company_segments'] })
    return (await checkMessages([messages], truth, { expectStreams: [...streams], ledger, visibleAt, ...due })).faults
  }
  const asked = (route: string) => simulator.requests.entries.filter((entry) => entry.route === route)
  return { ...simulator, clock, sync, ledger, faultsIn, asked }
}

/** A new job starts the streams without a cursor from the beginning. */
const continued = (states: unknown[] | undefined) =>
  (states as { stream: { stream_descriptor: { name: string } } }[] | undefined)?.filter(
    ({ stream }) => !whole.includes(stream.stream_descriptor.name),
  )
const countIn = (messages: Buffer, stream: string): number => recordsOf(messages, stream).length
const warnings = (messages: Buffer): string[] =>
  parseLines(messages).flatMap(({ log }) => (log?.level === 'WARN' ? [log.message] : []))

t.test('what is below a parent comes whole, then of the parents that have moved, or whole again', async (t) => {
  const simulator = await setUp(t)
  const streams = ['contacts', 'companies', 'company_segments', 'articles', 'calls', ...belowNames]
  const first = await simulator.sync({ streams })
  t.equal(first.outcome?.failure, undefined)
  t.same(await simulator.faultsIn(first.messages), [])
  for (const name of belowNames) t.ok(countIn(first.messages, name) > 5, `${name}: ${countIn(first.messages, name)}`)

  simulator.clock.advance(3 * day * 1000)
  const quiet = await simulator.sync({ streams, state: continued(first.state) })
  for (const name of incremental) t.equal(countIn(quiet.messages, name), 0, `${name}: nothing has changed`)
  for (const name of whole) t.ok(countIn(quiet.messages, name) > 5, `${name} come again`)
  simulator.ledger.clear()
  await simulator.faultsIn(first.messages)
  for (const name of whole) simulator.ledger.delete(name)
  t.same(await simulator.faultsIn(quiet.messages), [])

  for (const stream of parents) {
    simulator.workspace.mutate({ stream, kind: 'update', count: 4 })
    if (stream !== 'companies') simulator.workspace.mutate({ stream, kind: 'delete', count: 4 })
  }
  const second = await simulator.sync({ streams, state: continued(quiet.state) })
  for (const name of whole) simulator.ledger.delete(name)
  t.same(await simulator.faultsIn(second.messages), [])
  t.ok(countIn(second.messages, 'call_transcripts') <= 4)
})

t.test('what changes while the parents are read is not lost', async (t) => {
  for (let seed = 1; seed <= 3; seed++) {
    const clock = createAcceleratedClock(now, 200)
    const script = Array.from({ length: 12 }, (_, place) => ({
      after: 1 + place * 12,
      mutations: [{ stream: parents[(place + seed) % parents.length] ?? '', kind: 'update' as const, count: 3 }],
    }))
    const simulator = await setUp(t, { seed, clock, script, contacts: 40, companies: 42, deletedCompanies: true })
    const visibleAt = clock.now()
    const first = await simulator.sync({ clock })
    t.same(
      await simulator.faultsIn(first.messages, belowNames, { visibleAt, stillAt: clock.now() }),
      [],
      `seed ${seed}`,
    )
    for (const name of whole) simulator.ledger.delete(name)
    const next = await simulator.sync({ clock, state: continued(first.state) })
    t.same(await simulator.faultsIn(next.messages), [], `seed ${seed}, next`)
  }
})

t.test('an attempt that dies after any commit is continued with nothing lost or twice', async (t) => {
  const simulator = await setUp(t, { contacts: 20, companies: 12, articles: 8, lists: { calls: 30 } })
  const all = await simulator.sync()
  for (let stopAfter = 1; stopAfter < all.commits.length; stopAfter += 5) {
    const { commits } = await simulator.sync({ stopAfter })
    const rest = await simulator.sync({ held: commits })
    simulator.ledger.clear()
    t.same(await simulator.faultsIn(joined([...commits, ...rest.commits]).messages), [], `${stopAfter}`)
  }
})

t.test('notes are asked for only where a contact, or a company that lists them, has any', async (t) => {
  const simulator = await setUp(t)
  const streams = ['contact_notes', 'company_notes']
  const first = await simulator.sync({ streams })
  t.same(await simulator.faultsIn(first.messages, streams), [])
  const holders = new Set(recordsOf(first.messages, 'contact_notes').map(({ contact_id: id }) => id))
  t.ok(holders.size < 30)
  t.equal(new Set(simulator.asked('/contacts/:id/notes').map(({ path }) => path)).size, holders.size)
  const companies = new Set(recordsOf(first.messages, 'company_notes').map(({ company_id: id }) => id))
  const gone = simulator.asked('/companies/:id/notes').filter(({ status }) => status === 404)
  const found = simulator.asked('/companies/:id/notes').filter(({ status }) => status === 200)
  t.equal(new Set(found.map(({ path }) => path)).size, companies.size)
  t.ok(new Set(gone.map(({ path }) => path)).size <= 2, 'those of deleted companies')

  const silent = await setUp(t, { companyNotes: 0 })
  const { messages } = await silent.sync({ streams: ['company_notes'] })
  t.equal(countIn(messages, 'company_notes'), 0)
  const listed = silent.workspace
    .collection('companies')
    .latest()
    .filter(({ isListed }) => isListed)
  t.equal(new Set(silent.asked('/companies/:id/notes').map(({ path }) => path)).size, listed.length)
})

t.test('transcripts come for twenty conversations at a time, and when they are ready later', async (t) => {
  const simulator = await setUp(t)
  const streams = ['call_transcripts']
  let isReady = false
  const baseUrl = await editAnswers(t, simulator, ({ path, body }) => {
    if (!path.startsWith('/calls/search') || isReady) return {}
    const answer = JSON.parse(body) as { data: object[] }
    return { body: JSON.stringify({ ...answer, data: answer.data.map((call) => ({ ...call, transcript: [] })) }) }
  })
  const calls = simulator.workspace.collection('calls').latest()
  const [late] = simulator.workspace.mutate({ stream: 'calls', kind: 'update', count: 1 })
  const first = await simulator.sync({ streams, baseUrl })
  const sizes = simulator
    .asked('/calls/search')
    .map(({ body }) => (body as { conversation_ids: string[] }).conversation_ids.length)
  t.ok(sizes.every((size) => size <= 20))
  const conversations = new Set(calls.map((call) => call.member('conversation_id')).filter((id) => id !== null))
  t.ok(sizes.length < 8, `${sizes.length} requests for ${conversations.size} conversations`)
  isReady = true
  simulator.clock.advance(3600_000)
  const second = await simulator.sync({ streams, baseUrl, state: continued(first.state) })
  const isDue = calls.find(({ plan }) => plan.id === late)?.member('conversation_id') !== null
  t.same(
    recordsOf(second.messages, 'call_transcripts').map(({ id }) => id),
    isDue ? [late] : [],
    'of calls that ended within a day',
  )
})

t.test('one conversation that Intercom fails over costs no other its transcript', async (t) => {
  const clock = createAcceleratedClock(now, 500)
  const simulator = await setUp(t, { clock, lists: { calls: 20 } })
  const bad = simulator.workspace
    .collection('calls')
    .latest()
    .find((call) => call.member('conversation_id') !== null)
  const conversation = String(bad?.member('conversation_id'))
  const streams = ['call_transcripts']
  const baseUrl = await editAnswers(t, simulator, ({ path, asked }) =>
    path.startsWith('/calls/search') && asked.includes(conversation) ? { status: 500, body: '{}' } : {},
  )
  const { messages, outcome } = await simulator.sync({ clock, streams, baseUrl })
  t.match(outcome?.failure, { code: 'records_unreadable' })
  const faults = await simulator.faultsIn(messages, streams)
  const due = simulator.workspace
    .collection('calls')
    .latest()
    .filter((call) => call.member('conversation_id') === conversation)
  t.match(faults, [{ kind: 'missing', count: due.length }])
})

t.test('members are found by a search for each segment, and only their ids are kept', async (t) => {
  const simulator = await setUp(t, { contacts: 500, segments: 2 })
  const streams = ['contact_segments']
  const { messages } = await simulator.sync({ streams })
  t.same(await simulator.faultsIn(messages, streams), [])
  const searches = simulator.asked('/contacts/search')
  t.equal(searches.length, 4, 'two segments of some 167 contacts, 150 a page')
  t.same(Object.keys(recordsOf(messages, 'contact_segments')[0] ?? {}).toSorted(), [
    'contact_id',
    'parent_updated_at',
    'segment_id',
  ])
  t.same(warnings(messages), [])
})

t.test('a cursor that is refused costs another reading of a segment, and no member', async (t) => {
  const simulator = await setUp(t, { contacts: 500, segments: 2 })
  const streams = ['contact_segments']
  const refused = { match: { path: '/contacts/search', paged: true as const }, status: 400 }
  simulator.faults.next([{ ...refused, repeat: 2 }])
  const { messages, outcome } = await simulator.sync({ streams })
  t.equal(outcome?.failure, undefined)
  t.same(await simulator.faultsIn(messages, streams), [])
  simulator.faults.next([{ ...refused, repeat: 1000 }])
  simulator.ledger.clear()
  const never = await simulator.sync({ streams })
  t.match(never.outcome?.failure, { code: 'records_unreadable' })
})

t.test('members come in smaller pages where Intercom times out over large ones', async (t) => {
  const clock = createAcceleratedClock(now, 500)
  const simulator = await setUp(t, { contacts: 500, segments: 2, clock })
  const baseUrl = await editAnswers(t, simulator, ({ path, asked }) => {
    const isLarge = path.startsWith('/contacts/search') && JSON.parse(asked).pagination.per_page > 50
    return isLarge ? { status: 504, body: 'Gateway timeout' } : {}
  })
  const streams = ['contact_segments']
  const { messages, outcome } = await simulator.sync({ streams, clock, baseUrl })
  t.equal(outcome?.failure, undefined)
  t.same(await simulator.faultsIn(messages, streams), [])
})

t.test('no time of a segment or an article keeps what is below it from coming', async (t) => {
  const simulator = await setUp(t)
  const streams = ['contact_segments', 'article_statistics']
  const config = { access_token: 'simulator-token', start_date: '2026-05-04T00:00:00Z' }
  const { messages } = await simulator.sync({ streams, config })
  t.same(await simulator.faultsIn(messages, streams), [])
})

t.test('events of a contact come from all pages, although they share an id', async (t) => {
  const simulator = await setUp(t)
  const streams = ['contact_events']
  const { messages } = await simulator.sync({ streams })
  t.same(await simulator.faultsIn(messages, streams), [])
  t.ok(simulator.asked('/events').some(({ query }) => query.before !== undefined))
  simulator.clock.advance(89 * day * 1000)
  simulator.ledger.clear()
  const later = await simulator.sync({ streams })
  t.ok(countIn(later.messages, 'contact_events') < countIn(messages, 'contact_events'), 'older than 90 days are gone')
  t.same(await simulator.faultsIn(later.messages, streams), [])
})

t.test('events need a permission of their own', async (t) => {
  const clock = createAcceleratedClock(now, 20)
  const simulator = await setUp(t, { clock, accessTokens: { narrow: ['read_events'] } })
  const config = { access_token: 'narrow' }
  const { messages, outcome } = await simulator.sync({ clock, config, streams: ['contact_notes', 'contact_events'] })
  t.match(outcome?.failure, { code: 'scope_missing', message: /Read events/ })
  t.ok(countIn(messages, 'contact_notes') > 0)
})
