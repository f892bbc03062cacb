import t from 'tap'
import { streamSchema } from '../../src/streams/schemas.ts'
import { collectSync, judge, parseLines } from '../support/engine.ts'
import { listenSimulator } from '../support/listening-simulator.ts'
import { createManualClock } from '../support/manual-clock.ts'
import { stateFiles } from '../support/source-intercom-states.ts'

const day = 86_400
const now = Date.UTC(2026, 2, 10, 12) / 1000
const cursor = now - 3 * day
const incremental = [
  'contacts',
  'conversations',
  'conversation_parts',
  'companies',
  'company_segments',
  'segments',
  'tickets',
  'activity_logs',
]

/** Their configuration, with every member that it has had. */
const config = {
  access_token: 'simulator-token',
  start_date: '2020-01-01T00:00:00Z',
  client_id: 'an-id',
  client_secret: 'a-secret',
  lookback_window: 0,
  activity_logs_time_step: 30,
  num_workers: 10,
  api_rate_limit: 9500,
}

/** Their catalog: the streams as a platform configures them. */
const catalog = {
  streams: [...incremental, 'admins', 'tags', 'teams', 'company_attributes', 'contact_attributes'].map((name) => ({
    stream: {
      name,
      json_schema: streamSchema(name),
      supported_sync_modes: incremental.includes(name) ? ['full_refresh', 'incremental'] : ['full_refresh'],
      ...(incremental.includes(name) && { source_defined_cursor: true }),
    },
    sync_mode: incremental.includes(name) ? 'incremental' : 'full_refresh',
    destination_sync_mode: incremental.includes(name) ? 'append_dedup' : 'overwrite',
    cursor_field: [name === 'activity_logs' ? 'created_at' : 'updated_at'],
    primary_key: [['id']],
  })),
}

async function workspace(t: { teardown(close: () => unknown): void }) {
  const clock = createManualClock(now * 1000)
  const span = { from: now - 90 * day, to: now }
  const sizes = { contacts: 120, conversations: 60, companies: 40, tickets: 30, activityLogs: 60 }
  const simulator = await listenSimulator(t, { ...sizes, clock, span, oddities: false })
  return { simulator, clock, options: { baseUrl: simulator.url, clock } }
}

for (const { versions, write } of stateFiles)
  t.test(`a state of source-intercom ${versions}: a sync goes on, a month further back`, async (t) => {
    const { simulator, options } = await workspace(t)
    const state = write(cursor)
    const named = incremental.filter((name) => JSON.stringify(state).includes(`"${name}"`))
    const { messages, outcome, state: after } = await collectSync({ ...options, config, catalog, state })
    t.equal(outcome?.failure, undefined)
    const lowerBound = Object.fromEntries(named.map((name) => [name, cursor - 31 * day]))
    const { faults } = await judge(simulator, messages, { expectStreams: incremental, lowerBound })
    t.same(faults, [])
    const told = parseLines(messages).filter(({ log }) =>
      /was not written by intercom-sync: going back 31 days/.test(log?.message),
    )
    t.equal(told.length, named.length, 'each stream that goes on from it says so')
    const quiet = await collectSync({ ...options, config, catalog, state: after })
    const again = quiet.outcome?.streams.filter(({ streamName }) => incremental.includes(streamName)) ?? []
    t.same(
      again.map(({ rowsSynced }) => rowsSynced),
      again.map(() => 0),
      'and the state it leads to is ours',
    )
  })

t.test('without a look back, a state of theirs is where it stands', async (t) => {
  const { simulator, options } = await workspace(t)
  const exact = { ...config, migration_lookback: 0 }
  for (const { versions, write } of stateFiles) {
    const state = write(cursor)
    const named = incremental.filter((name) => JSON.stringify(state).includes(`"${name}"`))
    const { messages } = await collectSync({ ...options, config: exact, streams: named, state })
    const { faults } = await judge(simulator, messages, { expectStreams: named, lowerBound: cursor })
    t.same(faults, [], versions)
  }
})

/** Words that the CDK takes for its own shapes when they stand at the top of a state. */
const reserved = ['slices', 'state_type', 'states', 'legacy', 'use_global_cursor', 'lookback_window', 'prior_state']
const parents: Record<string, string> = {
  conversation_parts: 'conversations',
  company_segments: 'companies',
  ticket_parts: 'tickets',
}

t.test('our states, without what is ours, are of a shape that source-intercom reads', async (t) => {
  const { options } = await workspace(t)
  const { messages } = await collectSync({ ...options, streams: [...incremental, 'ticket_parts'] })
  const states = parseLines(messages).flatMap(({ type, state }) => (type === 'STATE' ? [state.stream] : []))
  t.same(new Set(states.map(({ stream_descriptor: { name } }) => name)), new Set([...incremental, 'ticket_parts']))
  for (const { stream_descriptor: descriptor, stream_state } of states) {
    const { intercom_sync: _, ...theirs } = stream_state
    t.same(
      Object.keys(stream_state).filter((key) => reserved.includes(key)),
      [],
    )
    const field = descriptor.name === 'activity_logs' ? 'created_at' : 'updated_at'
    const parent = parents[descriptor.name]
    const time = theirs[field]
    // Before a stream's first checkpoint there is nothing to go on from: they begin at the start date.
    if (time === undefined) t.same(theirs, {}, descriptor.name)
    else t.same(theirs, { [field]: time, ...(parent && { parent_state: { [parent]: { updated_at: time } } }) })
    t.ok(time === undefined || Number.isInteger(time))
  }
})
