import t from 'tap'
import { listenSimulator } from '../simulator/listening-simulator.ts'
import { collectSync, contactsOf, judge } from '../support/engine.ts'
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
