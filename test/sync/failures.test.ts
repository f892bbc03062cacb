import t from 'tap'
import type { Fault } from '../../simulator/faults/fault.ts'
import { createAcceleratedClock } from '../support/accelerated-clock.ts'
import { collectSync, contactsOf, judge, parseLines } from '../support/engine.ts'
import { listenSimulator } from '../support/listening-simulator.ts'

const two = ['contacts', 'tags']

const now = Date.UTC(2026, 4, 5)
const search = { match: { path: '/contacts/search' } }

t.test('every answer that may pass is asked again, and nothing is lost or twice', async (t) => {
  const clock = createAcceleratedClock(now, 20)
  const simulator = await listenSimulator(t, { contacts: 8000, clock })
  for (const fault of [
    { status: 500 },
    { status: 502, html: '<html>Bad gateway</html>' },
    { status: 503 },
    { status: 504 },
    { status: 408 },
    { status: 429, headers: { 'retry-after': '2' } },
    { status: 429 },
    { reset: 'before-headers' as const },
    { reset: 'mid-body' as const },
    { truncate: 5000 },
    { text: '' },
    { body: null },
    { body: [] },
    { body: { type: 'list' } },
  ])
    simulator.faults.next([{ ...search, skip: 1, ...fault }])
  const { messages, outcome } = await collectSync({ streams: two, baseUrl: simulator.url, clock, usesSockets: true })
  t.equal(outcome?.failure, undefined)
  t.same((await judge(simulator, messages)).faults, [])
  const { byStatus } = simulator.requests.totals
  t.match(byStatus, { 500: 1, 502: 1, 503: 1, 504: 1, 408: 1, 429: 2 }, 'every fault was met')
})

t.test("an empty list that could be anybody's is asked for again", async (t) => {
  const clock = createAcceleratedClock(now, 200)
  const simulator = await listenSimulator(t, { contacts: 1, clock })
  simulator.faults.next([{ match: { path: '/tags' }, body: { data: [] } }])
  const { messages, outcome } = await collectSync({ streams: ['tags'], baseUrl: simulator.url, clock })
  t.equal(outcome?.failure, undefined)
  t.same((await judge(simulator, messages, { expectStreams: ['tags'] })).faults, [])
})

t.test('an Intercom that keeps failing ends the attempt with what it had, and says so', async (t) => {
  const clock = createAcceleratedClock(now, 200)
  const simulator = await listenSimulator(t, { contacts: 3000, clock })
  simulator.faults.next([{ ...search, skip: 4, status: 503, repeat: 1000 }])
  await t.rejects(collectSync({ streams: two, baseUrl: simulator.url, clock }), { code: 'intercom_unavailable' })
})

t.test('a small rate limit is used to the full and hardly overrun', async (t) => {
  const clock = createAcceleratedClock(now, 15)
  const simulator = await listenSimulator(t, { contacts: 5000, rateLimitPerWindow: 12, clock })
  const { messages } = await collectSync({ streams: two, baseUrl: simulator.url, clock })
  t.same((await judge(simulator, messages)).faults, [])
  const { byStatus, requests } = simulator.requests.totals
  t.ok((byStatus[429] ?? 0) <= 4, `${byStatus[429] ?? 0} of ${requests} requests were over the limit`)
  const statuses = parseLines(messages).filter(({ trace }) => trace?.stream_status?.reasons)
  t.ok(statuses.length > 0, 'the wait is told as RATE_LIMITED')
  const windows = new Set(simulator.requests.entries.map(({ time }) => Math.floor(time / 10_000)))
  const ofContacts = statuses.filter(({ trace }) => trace.stream_status?.stream_descriptor.name === 'contacts')
  t.ok(ofContacts.length <= windows.size, `${ofContacts.length} times in ${windows.size} windows`)
})

t.test('paging that leads in circles goes back once and then on, with nothing twice', async (t) => {
  const clock = createAcceleratedClock(now, 20)
  for (const cursor of ['same', 'previous'] as const) {
    const simulator = await listenSimulator(t, { contacts: 2000, clock })
    simulator.faults.next([{ ...search, skip: 4, cursor }])
    const { messages } = await collectSync({ streams: two, baseUrl: simulator.url, clock })
    t.same((await judge(simulator, messages)).faults, [], cursor)
  }
})

t.test('paging that always leads in circles fails loudly', async (t) => {
  const clock = createAcceleratedClock(now, 20)
  const simulator = await listenSimulator(t, { contacts: 2000, clock })
  simulator.faults.next([{ ...search, skip: 2, cursor: 'same', repeat: 1000 }])
  await t.rejects(collectSync({ streams: two, baseUrl: simulator.url, clock }), { code: 'intercom_loop' })
})

t.test('a token that nothing accepts is a config_error of the whole job', async (t) => {
  const simulator = await listenSimulator(t, { contacts: 10 })
  const config = { access_token: 'revoked' }
  await t.rejects(collectSync({ streams: two, baseUrl: simulator.url, config }), { code: 'token_invalid' })
})

for (const missingScopeStatus of [401, 403] as const)
  t.test(`a missing permission (${missingScopeStatus}) ends its stream alone`, async (t) => {
    const clock = createAcceleratedClock(now, 20)
    const { url, requests } = await listenSimulator(t, {
      clock,
      contacts: 100,
      missingScopeStatus,
      accessTokens: { 'simulator-token': ['read_tags'], other: [] },
    })
    const tagsRefused = await collectSync({ streams: two, baseUrl: url, clock })
    t.equal(tagsRefused.outcome?.failure?.code, 'scope_missing')
    t.equal(tagsRefused.outcome?.failure?.failureType, 'config_error')
    t.match(tagsRefused.outcome?.streams, [
      { streamName: 'contacts', status: 'COMPLETE', rowsSynced: 125 },
      { streamName: 'tags', status: 'INCOMPLETE', rowsSynced: 0 },
    ])
    const errors = parseLines(tagsRefused.messages).flatMap(({ trace }) => trace?.error ?? [])
    t.match(errors, [{ failure_type: 'config_error', stream_descriptor: { name: 'tags' }, message: /Read tags/ }])
    t.equal(requests.totals.byPath['/tags'], 2, 'Intercom has said it twice')
  })

const stories: [what: string, fault: Fault, streams: string[]][] = [
  ['its first page', { match: { path: '/contacts/search', perPage: 150 } }, ['contacts', 'tags']],
  ['a page in the middle', { match: { path: '/contacts/search', paged: true }, skip: 1 }, ['contacts', 'tags']],
  ['its only answer', { match: { path: '/tags' } }, ['contacts', 'tags']],
  ['the scroll', { match: { path: '/companies/scroll' }, skip: 1 }, ['companies']],
  ['a parent', { match: { path: '/conversations/:id' }, skip: 2 }, ['conversation_parts']],
]
for (const [what, fault, streams] of stories)
  t.test(`a stream goes on when Intercom takes back its refusal of ${what}`, async (t) => {
    const clock = createAcceleratedClock(now, 20)
    const simulator = await listenSimulator(t, { contacts: 1000, companies: 250, conversations: 20, clock })
    simulator.faults.next([{ ...fault, status: 403 }])
    const { messages, outcome } = await collectSync({ streams, baseUrl: simulator.url, clock })
    t.equal(outcome?.failure, undefined)
    t.ok(outcome?.streams.every(({ status }) => status === 'COMPLETE'))
    t.same((await judge(simulator, messages, { expectStreams: streams })).faults, [])
    const { entries } = simulator.requests
    const refused = entries.findIndex(({ status }) => status === 403)
    const again = entries.slice(refused + 1).find(({ path }) => path === entries[refused]?.path)
    t.ok((again?.time ?? 0) - (entries[refused]?.time ?? Infinity) >= 10_000, 'asked again ten seconds later')
  })

t.test('a hidden time zone does no harm', async (t) => {
  const simulator = await listenSimulator(t, { contacts: 500, hideTimezone: true, newestVersion: '2.16' })
  const { messages } = await collectSync({ streams: two, baseUrl: simulator.url })
  t.same((await judge(simulator, messages)).faults, [])
})

t.test('a start date is inclusive and keeps older records out', async (t) => {
  const simulator = await listenSimulator(t, { contacts: 500 })
  const times = [...simulator.workspace.truth()].flatMap(({ stream, updatedAt }) =>
    stream === 'contacts' ? (updatedAt ?? []) : [],
  )
  const start = times.toSorted((one, other) => one - other)[250] ?? 0
  for (const api_version of ['2.16', '2.17']) {
    const config = {
      access_token: 'simulator-token',
      api_version,
      start_date: new Date(start * 1000).toISOString().replace('.000', ''),
    }
    const { messages } = await collectSync({ streams: two, baseUrl: simulator.url, config })
    t.same((await judge(simulator, messages, { lowerBound: { contacts: start } })).faults, [])
    t.equal(contactsOf(messages).length, times.filter((time) => time >= start).length)
  }
})
