import t from 'tap'
import { parseSyncRequest } from '../../src/sync/contract/sync-request.ts'
import { collectSync, judge } from '../support/engine.ts'
import { listenSimulator } from '../support/listening-simulator.ts'
import { createManualClock } from '../support/manual-clock.ts'

const day = 86_400
const now = Date.UTC(2026, 2, 10, 12) / 1000
const newer = now - 5 * day
const older = now - 12 * day

/** What versions of source-intercom wrote for conversation_parts; each has delivered for certain up to `older`. */
const shapes: Record<string, Record<string, unknown>> = {
  'the parent nested beside it (0.1)': { updated_at: newer, conversations: { updated_at: older } },
  'prior states (0.2 to 0.12)': {
    updated_at: newer,
    prior_state: { updated_at: older, conversations: { updated_at: newer } },
    conversations: { updated_at: newer, prior_state: { updated_at: newer } },
  },
  'partitions (0.9 to 0.12)': {
    states: [
      { partition: { id: '1', parent_slice: {} }, cursor: { updated_at: `${newer}` } },
      { partition: { id: '2', parent_slice: {} }, cursor: { updated_at: `${older}` } },
    ],
    parent_state: { conversations: { updated_at: `${newer}` } },
  },
  'a global cursor (0.13)': {
    use_global_cursor: true,
    state: { updated_at: `${older}` },
    lookback_window: 37,
    parent_state: { conversations: { updated_at: `${newer}` } },
  },
  'slices of time': {
    state_type: 'date-range',
    slices: [{ start: 0, end: newer, most_recent_cursor_value: older }],
    legacy: {},
  },
}

const stateOf = (name: string, stream_state: object) => [
  { type: 'STREAM', stream: { stream_descriptor: { name }, stream_state } },
]

for (const [shape, blob] of Object.entries(shapes))
  t.test(`a state of Airbyte's connector with ${shape} goes on from its oldest cursor`, async (t) => {
    const clock = createManualClock(now * 1000)
    const span = { from: now - 90 * day, to: now }
    const simulator = await listenSimulator(t, { contacts: 5, conversations: 60, clock, span, oddities: false })
    const streams = ['conversation_parts']
    const config = { access_token: 'simulator-token', migration_lookback: 0 }
    const state = stateOf('conversation_parts', blob)
    const { messages, state: after } = await collectSync({ baseUrl: simulator.url, clock, config, streams, state })
    const { faults } = await judge(simulator, messages, { expectStreams: streams, lowerBound: older })
    t.same(faults, [])
    t.match(JSON.stringify(after), /"intercom_sync":/)
  })

t.test("a cursor that is no time is refused where it stands in another connector's state", async (t) => {
  const bad: [Record<string, unknown>, string][] = [
    [{ state: { updated_at: 'yesterday' } }, '/state/updated_at'],
    [{ conversations: { updated_at: true } }, '/conversations/updated_at'],
    [{ parent_state: { conversations: { updated_at: -1 } } }, '/parent_state/conversations/updated_at'],
    [{ states: [{ cursor: { updated_at: {} } }] }, '/states/0/cursor/updated_at'],
  ]
  for (const [blob, pointer] of bad) {
    const request = {
      config: { access_token: 'x' },
      streams: ['conversation_parts'],
      state: stateOf('conversation_parts', blob),
    }
    const message = new RegExp(`/state/0/stream/stream_state${pointer} must be a time`)
    t.throws(() => parseSyncRequest(request), { code: 'invalid_request', message })
  }
})

t.test('the state of another stream is refused', async (t) => {
  const [logs, contacts] = [stateOf('activity_logs', { updated_at: 1 }), stateOf('contacts', { created_at: '1' })]
  const parse = (state: unknown) => () => parseSyncRequest({ config: { access_token: 'x' }, state })
  t.throws(parse(logs), { code: 'invalid_request', message: /stream_state\/updated_at is of another stream/ })
  t.throws(parse(contacts), { code: 'invalid_request', message: /stream_state\/created_at is of another stream/ })
})
