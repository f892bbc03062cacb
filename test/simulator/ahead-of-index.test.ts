import t from 'tap'
import { listenSimulator } from '../support/listening-simulator.ts'
import { createManualClock } from '../support/manual-clock.ts'

const start = Date.UTC(2026, 4, 1, 12)
const small = { contacts: 20, conversations: 20, companies: 5, tickets: 20, oddities: false }
const paths = { contacts: 'data', conversations: 'conversations', tickets: 'tickets' } as const
type Shown = { id: string; updated_at: number }

for (const [stream, member] of Object.entries(paths))
  t.test(`${stream}: a record may be shown as it is now at the place where it was`, async (t) => {
    const clock = createManualClock(start)
    const options = { ...small, clock, aheadOfIndex: 1, indexLagMs: 60_000 }
    const simulator = await listenSimulator(t, options)
    const find = async (value: number) => {
      const query = { field: 'updated_at', operator: '>', value }
      const body = { query, sort: { field: 'updated_at', order: 'ascending' } }
      const page = await simulator.read<Record<string, Shown[]> & { total_count: number }>(`/${stream}/search`, {
        body,
        version: '2.17',
      })
      return { shown: page[member] ?? [], total: page.total_count }
    }
    const before = await find(0)
    const [moved, deleted] = before.shown
    const { workspace } = simulator
    workspace.mutate({ kind: 'update', stream, ids: [moved?.id ?? ''] })
    workspace.mutate({ kind: 'delete', stream, ids: [deleted?.id ?? ''] })
    const meanwhile = await find(0)
    t.same(
      meanwhile.shown.map(({ id }) => id),
      before.shown.map(({ id }) => id),
      'places go by the index',
    )
    t.equal(meanwhile.shown[0]?.updated_at, start / 1000)
    t.equal(meanwhile.shown[1]?.updated_at, deleted?.updated_at, 'what is deleted has no newer text')
    t.equal(meanwhile.total, 20)
    t.equal((await find(start / 1000 - 1)).total, 0, 'filters go by the index, too')
    clock.advance(60_000)
    t.same(
      (await find(start / 1000 - 1)).shown.map(({ id }) => id),
      [moved?.id],
    )
  })

t.test('which records are shown so hangs on their ids alone, and the share can differ by stream', async (t) => {
  const clock = createManualClock(start)
  const options = { ...small, contacts: 200, clock, aheadOfIndex: { contacts: 0.3 }, indexLagMs: 60_000 }
  const simulator = await listenSimulator(t, options)
  const other = await listenSimulator(t, options)
  const ahead = async ({ search, workspace }: typeof simulator) => {
    workspace.mutate({ kind: 'update', count: 200 })
    const { data } = await search({
      query: { field: 'updated_at', operator: '>', value: 0 },
      pagination: { per_page: 150 },
    })
    return data.filter(({ updated_at: time }) => time === start / 1000).map(({ id }) => id)
  }
  const found = await ahead(simulator)
  t.ok(found.length > 15 && found.length < 90)
  t.same(await ahead(other), found)
  simulator.workspace.mutate({ kind: 'update', stream: 'conversations', count: 20 })
  const page = await simulator.read<{ conversations: Shown[] }>('/conversations/search', {
    body: { query: { field: 'updated_at', operator: '>', value: 0 } },
  })
  t.ok(page.conversations.every(({ updated_at: time }) => time < start / 1000))
})
