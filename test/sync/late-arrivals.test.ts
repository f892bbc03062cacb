import t from 'tap'
import { createSkippingClock } from '../support/accelerated-clock.ts'
import { editAnswers } from '../support/edited-answers.ts'
import { type Collected, collectSync, parseLines, recordsOf } from '../support/engine.ts'
import { listenSimulator } from '../support/listening-simulator.ts'
import { createManualClock } from '../support/manual-clock.ts'

const now = Date.UTC(2026, 2, 10, 12) / 1000
const minute = 60_000

/** What is below our key in the last state of the job's only stream. */
function oursOf({ state }: Collected): { worst_lag: number; seen?: object; seen_filter?: string } {
  const [last] = state as { stream: { stream_state: { intercom_sync: { worst_lag: number } } } }[]
  return last?.stream.stream_state.intercom_sync ?? { worst_lag: -1 }
}
const lateOf = ({ outcome }: Collected) => outcome?.streams[0]?.completeness?.lateArrivals ?? 0
const warningsOf = ({ messages }: Collected) =>
  parseLines(messages).flatMap(({ log }) => (log?.level === 'WARN' ? log.message : []))

for (const stream of ['conversations', 'companies', 'activity_logs'])
  t.test(
    `${stream}: a lag is learned, however far apart syncs are, and longer ones are read across from then on`,
    async (t) => {
      const clock = createManualClock(now * 1000)
      const span = { from: now - 20 * 86_400, to: now - 86_400 }
      const counts = { contacts: 0, conversations: 60, companies: 60, activityLogs: 60 }
      const simulator = await listenSimulator(t, { ...counts, span, clock, oddities: false })
      const request = { baseUrl: simulator.url, clock, streams: [stream] }
      let sync = await collectSync(request)
      const delivered: string[] = []
      const created: string[] = []
      const late: number[] = []
      for (const lagMs of [250_000, 400_000, 400_000, 400_000]) {
        for (let step = 0; step < 10; step++) {
          clock.advance(minute)
          created.push(...simulator.workspace.mutate({ stream, kind: 'create', lagMs }))
        }
        sync = await collectSync({ ...request, state: sync.state })
        late.push(lateOf(sync))
        delivered.push(...recordsOf(sync.messages, stream).map(({ id }) => String(id)))
      }
      clock.advance(20 * minute)
      sync = await collectSync({ ...request, state: sync.state })
      delivered.push(...recordsOf(sync.messages, stream).map(({ id }) => String(id)))
      const listed = new Set(
        simulator.workspace
          .index(stream)
          .sortedBy('id')
          .versions.map(({ plan }) => plan.id),
      )
      t.same(delivered.toSorted(), created.filter((id) => listed.has(id)).toSorted())
      t.equal(late[0], 0, 'nothing was late before the first change')
      t.ok(
        late.slice(1).every((count) => count > 0),
        `${late} late arrivals`,
      )
      const { worst_lag } = oursOf(sync)
      t.ok(worst_lag >= 240 && worst_lag <= 400, `learned a lag of ${worst_lag} s`)
      clock.advance(minute)
      const quiet = await collectSync({ ...request, state: sync.state })
      t.same(recordsOf(quiet.messages, stream), [])
    },
  )

t.test('a lag is learned where more records changed than a state can hold', async (t) => {
  const clock = createManualClock(now * 1000)
  const span = { from: now - 50 * 60, to: now }
  const simulator = await listenSimulator(t, { contacts: 4500, clock, oddities: false, span })
  const request = { baseUrl: simulator.url, clock, streams: ['contacts'] }
  const late = simulator.workspace.mutate({ kind: 'create', count: 20, lagMs: 10 * minute })
  clock.advance(9 * minute)
  const first = await collectSync(request)
  const { seen, seen_filter } = oursOf(first)
  t.equal(seen, undefined)
  t.type(seen_filter, 'string')
  clock.advance(5 * minute)
  const second = await collectSync({ ...request, state: first.state })
  t.ok(lateOf(second) > 0 && lateOf(second) <= late.length, `${lateOf(second)} of ${late.length} late arrivals`)
  t.equal(oursOf(second).worst_lag, 540)
})

t.test('a record that comes as late as the overlap allows is warned of', async (t) => {
  const clock = createManualClock(now * 1000)
  const span = { from: now - 86_400, to: now - 3600 }
  const simulator = await listenSimulator(t, { contacts: 0, conversations: 30, span, clock, oddities: false })
  const request = { baseUrl: simulator.url, clock, streams: ['conversations'] }
  let sync = await collectSync(request)
  for (const [lagMs, isNarrow] of [
    [200_000, false],
    [380_000, true],
  ] as const) {
    clock.advance(10 * minute)
    simulator.workspace.mutate({ stream: 'conversations', kind: 'create', lagMs })
    clock.advance(lagMs - 5000)
    sync = await collectSync({ ...request, state: sync.state })
    clock.advance(10 * minute)
    sync = await collectSync({ ...request, state: sync.state })
    t.equal(lateOf(sync), 1)
    t.equal(warningsOf(sync).filter((message) => /375 s.*lookback_window/.test(message)).length, isNarrow ? 1 : 0)
  }
})

t.test('the overlap counts from the beginning of a sync, however long it takes', async (t) => {
  const clock = createSkippingClock(now * 1000, 10)
  const simulator = await listenSimulator(t, { contacts: 0, conversations: 80, clock, indexLagMs: 280_000 })
  simulator.workspace.mutate({ stream: 'conversations', kind: 'update', count: 3 })
  clock.advance(260_000)
  const baseUrl = await editAnswers(t, simulator, ({ asked }) => {
    // The first page takes 140 s.
    if (asked.includes('"per_page":150') && clock.now() < now * 1000 + 400_000) clock.advance(140_000)
    return {}
  })
  const request = { baseUrl, clock, streams: ['conversations'] }
  const first = await collectSync(request)
  const second = await collectSync({ ...request, state: first.state })
  const times = ({ messages }: Collected) =>
    recordsOf(messages, 'conversations').map(({ id, updated_at }) => `${id} ${updated_at}`)
  const delivered = new Set([...times(first), ...times(second)])
  const truth = [...simulator.workspace.truth({ streams: ['conversations'] })]
    .filter(({ visibleUntil }) => visibleUntil === null)
    .map(({ id, updatedAt }) => `${id} ${updatedAt}`)
  t.same(
    truth.filter((version) => !delivered.has(version)),
    [],
  )
})
