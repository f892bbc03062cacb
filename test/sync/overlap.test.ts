import t from 'tap'
import { type Collected, collectSync, contactsOf, parseLines } from '../support/engine.ts'
import { listenSimulator } from '../support/listening-simulator.ts'
import { createManualClock } from '../support/manual-clock.ts'

const minute = 60
const now = Date.UTC(2026, 2, 10, 12) / 1000

const stateOf = (stream_state: object) => [
  { type: 'STREAM', stream: { stream_descriptor: { name: 'contacts' }, stream_state } },
]
const lastOf = ({ commits }: Collected) =>
  commits.flatMap(({ checkpoints }) => checkpoints).at(-1)?.streamState as {
    updated_at: number
    intercom_sync: { read_to: number; worst_lag: number; seen?: object }
  }
const walkStates = ({ commits }: Collected) =>
  commits
    .flatMap(({ checkpoints }) => checkpoints.map(({ streamState }) => streamState))
    .filter(({ intercom_sync }) => Object.hasOwn(intercom_sync as object, 'walk'))

for (const api_version of ['2.16', '2.17']) {
  const config = { access_token: 'simulator-token', api_version }

  t.test(`API ${api_version}: changes that search shows late are delivered all, each once`, async (t) => {
    const clock = createManualClock(now * 1000)
    const simulator = await listenSimulator(t, {
      contacts: 600,
      clock,
      indexLagMs: 25 * minute * 1000,
      oddities: false,
      span: { from: now - 86_400, to: now - 7200 },
    })
    const request = { baseUrl: simulator.url, clock, config, streams: ['contacts'] }
    let sync = await collectSync(request)
    const delivered: string[] = []
    const changed: string[] = []
    for (let round = 0; round < 12; round++) {
      for (let step = 0; step < 5; step++) {
        clock.advance(2 * minute * 1000)
        changed.push(...simulator.workspace.mutate({ kind: 'create', count: 2 }))
      }
      sync = await collectSync({ ...request, state: sync.state })
      delivered.push(...contactsOf(sync.messages).map(({ id }) => id as string))
    }
    clock.advance(30 * minute * 1000)
    sync = await collectSync({ ...request, state: sync.state })
    delivered.push(...contactsOf(sync.messages).map(({ id }) => id as string))
    t.same(delivered.toSorted(), changed.toSorted())
    const { worst_lag } = lastOf(sync).intercom_sync
    t.ok(worst_lag >= 20 * minute && worst_lag <= 27 * minute, `learned a lag of ${worst_lag} s`)
  })

  t.test(`API ${api_version}: a walk taken over from a STATE is no reason to suspect late arrivals`, async (t) => {
    const clock = createManualClock(now * 1000)
    const span = { from: now - 50 * minute, to: now }
    const simulator = await listenSimulator(t, { contacts: 1900, clock, oddities: false, span })
    const request = { baseUrl: simulator.url, clock, config, streams: ['contacts'] }
    const [state] = walkStates(await collectSync(request))
    const takenOver = await collectSync({ ...request, state: stateOf(state ?? {}) })
    clock.advance(minute * 1000)
    const next = await collectSync({ ...request, state: takenOver.state })
    t.equal(lastOf(next).intercom_sync.worst_lag, 0)
    clock.advance(minute * 1000)
    const quiet = await collectSync({ ...request, state: next.state })
    t.equal(contactsOf(quiet.messages).length, 0)
  })

  t.test(`API ${api_version}: the lag that was learned outlives a walk that is taken over`, async (t) => {
    const clock = createManualClock(now * 1000)
    const span = { from: now - 5 * 86_400, to: now - 86_400 }
    const simulator = await listenSimulator(t, { contacts: 2500, clock, oddities: false, span })
    const request = { baseUrl: simulator.url, clock, config, streams: ['contacts'] }
    const learned = { v: 1, read_to: now - 4 * 86_400, worst_lag: 5000, seen: {} }
    const first = await collectSync({
      ...request,
      state: stateOf({ updated_at: now - 4 * 86_400, intercom_sync: learned }),
    })
    const [state] = walkStates(first)
    const takenOver = await collectSync({ ...request, state: stateOf(state ?? {}) })
    t.match(lastOf(takenOver), { updated_at: now - 10_000, intercom_sync: { worst_lag: 5000 } })
  })
}

t.test('more records in the overlap than a state can hold are delivered again, and that is said', async (t) => {
  const clock = createManualClock(now * 1000)
  const span = { from: now - 50 * minute, to: now }
  for (const contacts of [2500, 4500]) {
    const simulator = await listenSimulator(t, { contacts, clock, oddities: false, span })
    const request = { baseUrl: simulator.url, clock, streams: ['contacts'] }
    const first = await collectSync(request)
    t.equal(lastOf(first).intercom_sync.seen, undefined)
    const told = parseLines(first.messages).filter(({ log }) => /again/.test(log?.message ?? ''))
    t.equal(told.length, 1)
    const again = await collectSync({ ...request, state: first.state })
    t.equal(contactsOf(again.messages).length, contacts)
  }
})
