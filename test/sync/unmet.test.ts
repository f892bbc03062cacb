import t from 'tap'
import { type Collected, collectSync, recordsOf } from '../support/engine.ts'
import { listenSimulator } from '../support/listening-simulator.ts'
import { createManualClock } from '../support/manual-clock.ts'

const now = Date.UTC(2026, 2, 10, 12) / 1000
const minute = 60_000

const keyOf = ({ id, updated_at }: Record<string, unknown>) => `${id} ${updated_at}`

/** What the job's only stream remembers of what it has delivered. */
function rememberedBy({ state }: Collected): { seen: string[]; unmet: string[] } {
  const [{ stream } = { stream: undefined }] = state as { stream: { stream_state: { intercom_sync: Ours } } }[]
  const { seen = {}, unmet = {} } = stream?.stream_state.intercom_sync ?? {}
  return { seen: Object.keys(seen), unmet: Object.keys(unmet) }
}
type Ours = { seen?: object; unmet?: object }

for (const [stream, api_version, lagMinutes] of [
  ['conversations', '2.16', 4],
  ['contacts', '2.16', 50],
  ['contacts', '2.17', 50],
] as const)
  t.test(`${stream}, API ${api_version}: what came before search showed its place comes once`, async (t) => {
    const clock = createManualClock(now * 1000)
    const simulator = await listenSimulator(t, {
      contacts: 0,
      [stream]: 80,
      clock,
      oddities: false,
      aheadOfIndex: 1,
      span: { from: now - 20 * 86_400, to: now - 86_400 },
    })
    const config = { access_token: 'simulator-token', api_version }
    const request = { baseUrl: simulator.url, clock, config, streams: [stream] }
    const changed = simulator.workspace.mutate({ stream, kind: 'update', count: 3, lagMs: lagMinutes * minute })
    const keys: string[] = []
    let sync: Collected | undefined
    // The first sync meets the records at their old places, the next two nowhere, and those after them at the new ones.
    for (const waitMinutes of [0, lagMinutes / 4, lagMinutes / 4, lagMinutes, 1, 2 * lagMinutes]) {
      clock.advance(waitMinutes * minute + 1000)
      sync = await collectSync({ ...request, ...(sync && { state: sync.state }) })
      keys.push(...recordsOf(sync.messages, stream).map(keyOf))
    }
    t.equal(new Set(keys).size, 80)
    t.equal(keys.length, 80)
    t.ok(changed.every((id) => keys.some((key) => key.startsWith(`${id} `))))
  })

t.test('what is never met again is remembered as long as it could be', async (t) => {
  const clock = createManualClock(now * 1000)
  const span = { from: now - 20 * 86_400, to: now - 86_400 }
  const simulator = await listenSimulator(t, { contacts: 0, conversations: 20, clock, oddities: false, span })
  const request = { baseUrl: simulator.url, clock, streams: ['conversations'] }
  const changed = simulator.workspace.mutate({ stream: 'conversations', kind: 'update', count: 3 })
  const first = await collectSync(request)
  simulator.workspace.mutate({ stream: 'conversations', kind: 'delete', ids: changed })
  clock.advance(2 * minute)
  const second = await collectSync({ ...request, state: first.state })
  t.same(rememberedBy(second).seen.toSorted(), changed.toSorted())
  t.same(rememberedBy(second).unmet.toSorted(), changed.toSorted())
  clock.advance(5 * minute)
  const third = await collectSync({ ...request, state: second.state })
  t.same(rememberedBy(third), { seen: [], unmet: [] })
})
