import t from 'tap'
import { collectSync, contactsOf, judge, parseLines } from '../support/engine.ts'
import { listenSimulator } from '../support/listening-simulator.ts'
import { createManualClock } from '../support/manual-clock.ts'

const day = 86_400
const now = Date.UTC(2026, 2, 10, 12) / 1000
const stateOf = (stream_state: object) => [
  { type: 'STREAM', stream: { stream_descriptor: { name: 'contacts' }, stream_state } },
]

t.test('a full refresh does not go on with the walk of an incremental sync', async (t) => {
  const clock = createManualClock(now * 1000)
  const simulator = await listenSimulator(t, { contacts: 4000, clock, span: { from: now - 60 * day, to: now } })
  const from = { updated_at: now - 30 * day, intercom_sync: { v: 1 } }
  const request = { baseUrl: simulator.url, clock }
  const increment = await collectSync({ ...request, streams: ['contacts'], state: stateOf(from) })
  const [underWay] = increment.commits.flatMap(({ checkpoints }) => checkpoints)
  t.match(underWay?.streamState, { intercom_sync: { walk: { lower: from.updated_at } } })
  const streams = [{ name: 'contacts', syncMode: 'full_refresh' }]
  const refresh = await collectSync({ ...request, streams, state: stateOf(underWay?.streamState ?? {}) })
  t.same((await judge(simulator, refresh.messages, { expectStreams: ['contacts'] })).faults, [])
})

t.test('a full refresh goes on from each of its own STATEs', async (t) => {
  const clock = createManualClock(now * 1000)
  const simulator = await listenSimulator(t, { contacts: 7000, clock })
  const streams = [{ name: 'contacts', syncMode: 'full_refresh' }]
  const request = { baseUrl: simulator.url, clock, streams }
  const whole = await collectSync(request)
  const lines = whole.messages.toString().split('\n').filter(Boolean)
  const states = lines.flatMap((line, index) => (line.startsWith('{"type":"STATE"') ? [index] : []))
  t.ok(states.length >= 7, `${states.length} states`)
  for (const index of states) {
    const message = JSON.parse(lines[index] ?? '') as { state: unknown }
    const rest = await collectSync({ ...request, state: [message.state] })
    const held = Buffer.concat([Buffer.from(`${lines.slice(0, index + 1).join('\n')}\n`), rest.messages])
    const ids = contactsOf(held).map(({ id }) => id)
    t.equal(ids.length, 7025, `held ${index + 1} messages`)
    t.equal(new Set(ids).size, 7025)
  }
})

t.test('a walk is not continued by a version that compares dates in another way', async (t) => {
  const clock = createManualClock(now * 1000)
  const span = { from: now - 60 * day, to: now - day }
  const simulator = await listenSimulator(t, { contacts: 4000, clock, span, oddities: false })
  const request = { baseUrl: simulator.url, clock, streams: ['contacts'] }
  const { commits } = await collectSync(request)
  const [underWay] = commits.flatMap(({ checkpoints }) => checkpoints)
  t.match(underWay?.streamState, { intercom_sync: { walk: {} } })
  const config = { access_token: 'simulator-token', api_version: '2.16' }
  const rest = await collectSync({ ...request, config, state: stateOf(underWay?.streamState ?? {}) })
  const logs = parseLines(rest.messages).flatMap(({ log }) => log?.message ?? [])
  t.match(logs, [/the settings have changed from .*2\.17.* to .*2\.16/])
})

for (const api_version of ['2.16', '2.17']) {
  const config = { access_token: 'simulator-token', api_version }

  t.test(`API ${api_version}: a cursor with a fraction is a cursor`, async (t) => {
    const clock = createManualClock(now * 1000)
    const span = { from: now - 20 * day, to: now }
    const simulator = await listenSimulator(t, { contacts: 400, clock, span, oddities: false })
    for (const updated_at of [now - 10 * day + 0.75, `${now - 10 * day}.75`]) {
      const state = stateOf({ updated_at, intercom_sync: { v: 1 } })
      const { messages } = await collectSync({ baseUrl: simulator.url, clock, config, streams: ['contacts'], state })
      const options = { expectStreams: ['contacts'], lowerBound: now - 10 * day }
      t.same((await judge(simulator, messages, options)).faults, [])
    }
  })

  t.test(`API ${api_version}: a cursor less than an hour in the future loses nothing`, async (t) => {
    const clock = createManualClock(now * 1000)
    const simulator = await listenSimulator(t, { contacts: 50, clock, oddities: false })
    const request = { baseUrl: simulator.url, clock, config, streams: ['contacts'] }
    let state: unknown = stateOf({ updated_at: now + 3000, intercom_sync: { v: 1 } })
    const changed: string[] = []
    const delivered: string[] = []
    for (let minutes = 0; minutes < 80; minutes += 20) {
      clock.advance(20 * 60_000)
      changed.push(...simulator.workspace.mutate({ kind: 'create', count: 3 }))
      const sync = await collectSync({ ...request, state })
      delivered.push(...contactsOf(sync.messages).map(({ id }) => id as string))
      state = sync.state
    }
    t.same(delivered.toSorted(), changed.toSorted())
  })
}

t.test('a lookback window goes back behind the cursor by so many days', async (t) => {
  const clock = createManualClock(now * 1000)
  const span = { from: now - 20 * day, to: now }
  const simulator = await listenSimulator(t, { contacts: 400, clock, span, oddities: false })
  const state = stateOf({ updated_at: now - 5 * day, intercom_sync: { v: 1 } })
  const config = { access_token: 'simulator-token', lookback_window: 10 }
  const { messages } = await collectSync({ baseUrl: simulator.url, clock, config, streams: ['contacts'], state })
  const options = { expectStreams: ['contacts'], lowerBound: now - 15 * day }
  t.same((await judge(simulator, messages, options)).faults, [])
})

t.test('a cursor far in the future is warned of', async (t) => {
  const { url } = await listenSimulator(t, { contacts: 50 })
  const state = stateOf({ updated_at: 7626086649, intercom_sync: { v: 1 } })
  const { messages } = await collectSync({ baseUrl: url, streams: ['contacts'], state })
  const warnings = parseLines(messages).filter(({ log }) => log?.level === 'WARN')
  t.match(warnings, [{ log: { message: /future.*reset/ } }])
})

t.test('a cursor in milliseconds is refused with its place', async (t) => {
  for (const updated_at of [1757686874000, '1757686874000']) {
    const state = stateOf({ updated_at })
    await t.rejects(collectSync({ baseUrl: 'http://127.0.0.1:1', streams: ['contacts'], state }), {
      code: 'invalid_request',
      message: /updated_at/,
    })
  }
})

t.test('going back for a state of another connector is said in days', async (t) => {
  const { url } = await listenSimulator(t, { contacts: 50 })
  const { messages } = await collectSync({ baseUrl: url, streams: ['contacts'], state: stateOf({ updated_at: 1e9 }) })
  t.match(
    parseLines(messages).flatMap(({ log }) => log?.message ?? []),
    [/going back 31 days once/],
  )
})

t.test("a walk that goes back behind another connector's state tells how far it has really come", async (t) => {
  const clock = createManualClock(Date.UTC(2026, 2, 10, 12))
  const now = clock.now() / 1000
  const span = { from: now - 30 * 86_400, to: now }
  const simulator = await listenSimulator(t, { contacts: 4000, clock, oddities: false, span })
  const foreign = now - 86_400
  const request = { baseUrl: simulator.url, clock, streams: ['contacts'], state: stateOf({ updated_at: foreign }) }
  const { commits } = await collectSync(request)
  const [first] = commits.flatMap(({ checkpoints }) => checkpoints)
  t.ok(Number(first?.streamState.updated_at) < foreign, 'what lies before the state has not all been read yet')
})
