import t from 'tap'
import { streamTable } from '../../src/streams/table.ts'
import { type Collected, collectSync, parseLines } from '../support/engine.ts'
import { listenSimulator } from '../support/listening-simulator.ts'
import { createManualClock } from '../support/manual-clock.ts'

const clock = createManualClock(Date.UTC(2026, 2, 10, 12))
const workspace = {
  contacts: 30,
  conversations: 20,
  companies: 20,
  tickets: 10,
  activityLogs: 20,
  articles: 20,
  contactActivities: 20,
  clock,
}
const streams = streamTable.map(({ name }) => name)
const withCursor = streamTable.filter(({ cursor }) => cursor).map(({ name }) => name)
/** The version that has all streams. */
const token = { access_token: 'simulator-token', api_version: '2.17' }
const warningsOf = ({ messages }: Collected) =>
  parseLines(messages).flatMap(({ log }) => (log?.level === 'WARN' ? log.message : []))

t.test('every stream with a cursor says that an earlier start date brings nothing by itself', async (t) => {
  const simulator = await listenSimulator(t, workspace)
  const request = { baseUrl: simulator.url, clock, streams }
  const first = await collectSync({ ...request, config: { ...token, start_date: '2026-02-01T00:00:00Z' } })
  const earlier = await collectSync({
    ...request,
    state: first.state,
    config: { ...token, start_date: '2025-01-01T00:00:00Z' },
  })
  const told = warningsOf(earlier).filter((message) => /settings have changed.*reset the stream/.test(message))
  t.same(told.map((message) => message.split(':')[0]).toSorted(), withCursor.toSorted())
  const same = await collectSync({
    ...request,
    state: earlier.state,
    config: { ...token, start_date: '2025-01-01T00:00:00Z' },
  })
  t.same(warningsOf(same), [], 'once')
})

t.test('a state of another workspace is refused, whichever stream it is of', async (t) => {
  const simulator = await listenSimulator(t, workspace)
  const request = { baseUrl: simulator.url, clock, config: token }
  const first = await collectSync({ ...request, streams })
  const before = simulator.workspace.id
  simulator.exchangeWorkspace('another')
  for (const state of first.state as { stream: { stream_descriptor: { name: string } } }[]) {
    const { name } = state.stream.stream_descriptor
    await t.rejects(
      collectSync({ ...request, streams, state: [state] }),
      { code: 'workspace_changed', streamName: name, message: new RegExp(`workspace ${before}.*reset the state`) },
      name,
    )
  }
  const anew = await collectSync({ ...request, streams })
  t.equal(anew.outcome?.failure, undefined, 'without a state the other workspace is read')
})

t.test('a state that names no workspace passes, and what it is continued with does', async (t) => {
  const simulator = await listenSimulator(t, workspace)
  const request = { baseUrl: simulator.url, clock, streams: ['contacts'] }
  const state = [
    {
      type: 'STREAM',
      stream: { stream_descriptor: { name: 'contacts' }, stream_state: { updated_at: 1, intercom_sync: { v: 1 } } },
    },
  ]
  const next = await collectSync({ ...request, state })
  t.match(next.state, [{ stream: { stream_state: { intercom_sync: { workspace: simulator.workspace.id } } } }])
})

t.test('a token that may not read /me keeps what the state says of the workspace', async (t) => {
  const simulator = await listenSimulator(t, { ...workspace, hideTimezone: true })
  const request = { baseUrl: simulator.url, clock, streams: ['contacts'] }
  const state = [
    {
      type: 'STREAM',
      stream: {
        stream_descriptor: { name: 'contacts' },
        stream_state: { updated_at: 1, intercom_sync: { v: 1, workspace: 'w1' } },
      },
    },
  ]
  const next = await collectSync({ ...request, state })
  t.match(next.state, [{ stream: { stream_state: { intercom_sync: { workspace: 'w1' } } } }])
})
