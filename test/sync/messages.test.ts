import t from 'tap'
import { createAcceleratedClock } from '../support/accelerated-clock.ts'
import { collectSync, contactsOf, judge, parseLines, recordsOf } from '../support/engine.ts'
import { listenSimulator } from '../support/listening-simulator.ts'
import { createManualClock } from '../support/manual-clock.ts'

const two = ['contacts', 'tags']

t.test('texts arrive as Intercom wrote them, digit by digit', async (t) => {
  const simulator = await listenSimulator(t, { contacts: 50 })
  const { messages } = await collectSync({ baseUrl: simulator.url, streams: ['contacts'] })
  const lines = messages.toString()
  for (const text of ['12345678901234567890', ':1.10', ':1e400', '"__proto__":', '\\ufffd', '\u2028', '"\\u006eame"'])
    t.ok(lines.includes(text), text)
  const owners = contactsOf(messages).map(({ owner_id }) => (owner_id === null ? 'null' : typeof owner_id))
  t.same([...new Set(owners)].toSorted(), ['null', 'string'], 'ids that Intercom writes as numbers are strings')
  t.same((await judge(simulator, messages, { expectStreams: ['contacts'] })).faults, [])
})

t.test('an id takes the type that the configured catalog declares', async (t) => {
  const { url } = await listenSimulator(t, { contacts: 60 })
  const json_schema = { properties: { owner_id: { type: ['null', 'integer'] } } }
  const catalog = { streams: [{ stream: { name: 'contacts', json_schema }, sync_mode: 'full_refresh' }] }
  const { messages } = await collectSync({ baseUrl: url, catalog })
  const types = new Set(contactsOf(messages).map(({ owner_id }) => typeof owner_id))
  t.same([...types].toSorted(), ['number', 'object'])
})

t.test('states have the documented shapes', async (t) => {
  const clock = createManualClock(Date.UTC(2026, 2, 10, 12))
  const simulator = await listenSimulator(t, { contacts: 3500, clock, newestVersion: '2.17' })
  const now = clock.now() / 1000
  const { messages, state } = await collectSync({ streams: two, baseUrl: simulator.url, clock })
  const states = parseLines(messages).flatMap(({ type, state }) =>
    type === 'STATE' && state.stream.stream_descriptor.name === 'contacts' ? [state.stream.stream_state] : [],
  )
  const plan = '2.17|America/New_York|-|0'
  const [underWay] = states
  t.match(underWay, {
    updated_at: Number,
    intercom_sync: { v: 1, plan, walk: { lower: 0, frozen: now } },
  })
  t.same(states.at(-1), {
    updated_at: now - 3600,
    intercom_sync: { v: 1, plan, began: now, read_to: now, seen: {}, worst_lag: 0, workspace: 'sim1' },
  })
  t.match(state, [
    { stream: { stream_state: { __ab_full_refresh_sync_complete: true, intercom_sync: { v: 1 } } } },
    { stream: { stream_descriptor: { name: 'contacts' } } },
  ])
})

t.test('a full refresh that was finished is not done again, and a bare cursor is no start for one', async (t) => {
  const { url } = await listenSimulator(t, { contacts: 50 })
  const streams = [{ name: 'contacts', syncMode: 'full_refresh' }, 'tags']
  const first = await collectSync({ baseUrl: url, streams })
  t.equal(contactsOf(first.messages).length, 75)
  const again = await collectSync({ baseUrl: url, streams, state: first.state })
  t.equal(contactsOf(again.messages).length + recordsOf(again.messages, 'tags').length, 0)
  t.match(again.outcome?.streams, [{ status: 'COMPLETE' }, { status: 'COMPLETE' }])
  const cursor = [
    { type: 'STREAM', stream: { stream_descriptor: { name: 'contacts' }, stream_state: { updated_at: 1999999999 } } },
  ]
  const bare = await collectSync({ baseUrl: url, streams, state: cursor })
  t.equal(contactsOf(bare.messages).length, 75)
  t.ok(parseLines(bare.messages).some(({ log }) => log?.level === 'WARN' && /ignored/.test(log.message)))
})

t.test('a state in the future yields no records and one STATE, and stays where it is', async (t) => {
  const { url } = await listenSimulator(t, { contacts: 50 })
  for (const api_version of ['2.16', '2.17']) {
    const stream_state = { updated_at: 7626086649, intercom_sync: { v: 1 } }
    const state = [{ type: 'STREAM', stream: { stream_descriptor: { name: 'contacts' }, stream_state } }]
    const config = { access_token: 'simulator-token', api_version }
    const sync = await collectSync({ baseUrl: url, config, streams: ['contacts'], state })
    t.equal(contactsOf(sync.messages).length, 0)
    t.match(sync.state, [{ stream: { stream_state: { updated_at: 7626086649 } } }])
  }
})

t.test('a changed plan drops the walk in the state, keeps its low-water mark and says so', async (t) => {
  const { url } = await listenSimulator(t, { contacts: 4000 })
  const request = { baseUrl: url, streams: ['contacts'] }
  const whole = await collectSync(request)
  const states = whole.commits.flatMap(({ checkpoints }) => checkpoints)
  const stream_state = states.at(2)?.streamState ?? {}
  const state = [{ type: 'STREAM', stream: { stream_descriptor: { name: 'contacts' }, stream_state } }]
  const config = { access_token: 'simulator-token', api_version: '2.16' }
  const next = await collectSync({ ...request, config, state })
  const mark = Number(stream_state.updated_at)
  const expected = contactsOf(whole.messages).filter(({ updated_at }) => Number(updated_at) >= mark)
  t.equal(contactsOf(next.messages).length, expected.length)
  t.ok(parseLines(next.messages).some(({ log }) => log?.level === 'WARN' && /settings have changed/.test(log.message)))
})

t.test('a state of another connector goes back once by migration_lookback', async (t) => {
  const clock = createManualClock(Date.UTC(2026, 2, 10, 12))
  const now = clock.now() / 1000
  const day = 86_400
  const simulator = await listenSimulator(t, {
    contacts: 400,
    clock,
    oddities: false,
    span: { from: now - 60 * day, to: now },
  })
  const stream_state = { updated_at: String(now - 5 * day) }
  const state = [{ type: 'STREAM', stream: { stream_descriptor: { name: 'contacts' }, stream_state } }]
  for (const [migration_lookback, days] of [
    [undefined, 36],
    [0, 5],
    [10, 15],
  ] as const) {
    const config = { access_token: 'simulator-token', migration_lookback }
    const { messages } = await collectSync({ baseUrl: simulator.url, clock, config, state, streams: ['contacts'] })
    const since = now - days * day
    t.same(
      (await judge(simulator, messages, { expectStreams: ['contacts'], lowerBound: since })).faults,
      [],
      `${days} days`,
    )
  }
})

t.test('silence is broken by a STATE at least every five minutes', async (t) => {
  const clock = createAcceleratedClock(Date.UTC(2026, 2, 10), 100)
  const simulator = await listenSimulator(t, { contacts: 400, clock })
  simulator.faults.next([
    { match: { path: '/contacts/search' }, skip: 1, status: 429, headers: { 'retry-after': '200' }, repeat: 2 },
  ])
  const { messages } = await collectSync({ baseUrl: simulator.url, clock, streams: ['contacts'] })
  const states = parseLines(messages).filter(({ type }) => type === 'STATE')
  t.ok(states.length >= 2, `${states.length} states`)
  t.same((await judge(simulator, messages, { expectStreams: ['contacts'] })).faults, [])
})
