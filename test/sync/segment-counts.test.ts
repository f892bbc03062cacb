import t, { type Test } from 'tap'
import type { Commit } from '../../src/sync/contract/commit.ts'
import { editAnswers } from '../support/edited-answers.ts'
import { type Collected, collectSync, joined, judge, recordsOf } from '../support/engine.ts'
import { listenSimulator } from '../support/listening-simulator.ts'
import { createManualClock } from '../support/manual-clock.ts'

const streams = ['segments']
const day = 86_400
const now = Date.UTC(2026, 4, 5) / 1000
const start_date = '2020-01-01T00:00:00Z'

interface State {
  stream: { stream_state: { updated_at: number; intercom_sync: { seen?: Record<string, string> } } }
}
const idsOf = ({ messages }: Collected) => recordsOf(messages, 'segments').map(({ id }) => String(id))
const ownState = ({ state }: Pick<Collected, 'state'>) => state[0] as State

/** Segments that are all older than the overlap, with counts that can be set. */
async function setUp(t: Test, segments: number) {
  const clock = createManualClock(now * 1000)
  const span = { from: now - 100 * day, to: now - 10 * day }
  const simulator = await listenSimulator(t, { segments, contacts: 5, companies: 5, span, clock })
  const counts = new Map<string, number>()
  const baseUrl = await editAnswers(t, simulator, ({ path, body }) => {
    if (!path.startsWith('/segments')) return {}
    const edited = [...counts].reduce(
      (text, [id, count]) => text.replace(new RegExp(`("id":"${id}"[^}]*"count":)\\d+`), `$1${count}`),
      body,
    )
    return { body: edited }
  })
  const config = { access_token: 'simulator-token', start_date }
  const sync = (state: unknown[] = [], held?: readonly Commit[], more: object = {}) =>
    collectSync({ baseUrl, clock, streams, config: { ...config, ...more }, state, ...(held && { held }) })
  const ids = simulator.workspace
    .collection('segments')
    .latest()
    .map(({ plan }) => plan.id)
  return { simulator, counts, sync, ids, clock }
}

t.test('a segment whose count alone has changed is delivered, and no other', async (t) => {
  const { simulator, counts, sync, ids, clock } = await setUp(t, 40)
  const first = await sync()
  t.same((await judge(simulator, first.messages, { expectStreams: streams })).faults, [])
  clock.advance(day * 1000)
  const quiet = await sync(first.state)
  t.same(idsOf(quiet), [])
  const [one = '', , other = ''] = ids
  counts.set(one, 777_001).set(other, 777_002)
  const second = await sync(quiet.state)
  t.same(idsOf(second).toSorted(), [one, other].toSorted())
  t.same(new Set(recordsOf(second.messages, 'segments').map(({ count }) => count)), new Set([777_001, 777_002]))
  t.same(idsOf(await sync(second.state)), [])
})

t.test('a new segment, and one whose rule has changed, come once', async (t) => {
  const { simulator, sync, clock } = await setUp(t, 40)
  const first = await sync()
  clock.advance(day * 1000)
  const changed = ['create', 'update'].flatMap((kind) =>
    simulator.workspace.mutate({ stream: 'segments', kind: kind as 'create', count: 3 }),
  )
  const second = await sync(first.state)
  t.same(idsOf(second).toSorted(), changed.toSorted())
  t.same(idsOf(await sync(second.state)), [])
})

t.test('a state of before, which remembers a few, brings all segments once', async (t) => {
  const { sync, ids, clock } = await setUp(t, 40)
  const first = await sync()
  const { updated_at, intercom_sync } = ownState(first).stream.stream_state
  const stream_state = { updated_at, intercom_sync: { ...intercom_sync, seen: {} } }
  clock.advance(day * 1000)
  const healed = await sync([{ type: 'STREAM', stream: { stream_descriptor: { name: 'segments' }, stream_state } }])
  t.same(idsOf(healed).toSorted(), ids.toSorted())
  t.same(idsOf(await sync(healed.state)), [])
})

t.test(
  'a state of another connector goes back as far as it is told to, and what changes then is delivered',
  async (t) => {
    const { sync, counts, ids, clock } = await setUp(t, 40)
    const stream_state = { updated_at: now - day }
    const theirs = [{ type: 'STREAM', stream: { stream_descriptor: { name: 'segments' }, stream_state } }]
    const first = await sync(theirs, undefined, { migration_lookback: 0 })
    t.same(idsOf(first), [])
    clock.advance(day * 1000)
    counts.set(ids[7] ?? '', 777_001)
    const second = await sync(first.state)
    t.same(idsOf(second), [ids[7]])
  },
)

t.test('an attempt that dies at any commit leaves all to be remembered', async (t) => {
  const { sync } = await setUp(t, 40)
  const { commits } = await sync()
  t.ok(commits.length > 1)
  for (const place of commits.keys()) {
    const held = commits.slice(0, place + 1)
    const again = await sync([], held)
    const { state } = joined([...held, ...again.commits])
    const { seen } = ownState({ state }).stream.stream_state.intercom_sync
    t.equal(Object.keys(seen ?? {}).length, 40, `after commit ${place}`)
  }
})

t.test('segments before the start date are not asked for', async (t) => {
  const { simulator, clock } = await setUp(t, 40)
  const config = {
    access_token: 'simulator-token',
    start_date: new Date((now - 50 * day) * 1000).toISOString().replace('.000', ''),
  }
  const first = await collectSync({ baseUrl: simulator.url, clock, streams, config })
  const second = await collectSync({ baseUrl: simulator.url, clock, streams, config, state: first.state })
  const times = recordsOf(first.messages, 'segments').map(({ updated_at: time }) => Number(time))
  t.ok(times.length > 0 && times.length < 40)
  t.ok(times.every((time) => time >= now - 50 * day))
  t.same(idsOf(second), [])
})

t.test('more segments than a state can remember go by their times', async (t) => {
  const { simulator, counts, sync, ids, clock } = await setUp(t, 2100)
  const first = await sync()
  t.equal(idsOf(first).length, 2100)
  clock.advance(day * 1000)
  const quiet = await sync(first.state)
  t.same(idsOf(quiet), [])
  counts.set(ids[0] ?? '', 777_001)
  const changed = simulator.workspace.mutate({ stream: 'segments', kind: 'update', count: 2 })
  t.same(idsOf(await sync(quiet.state)).toSorted(), changed.toSorted())
})
