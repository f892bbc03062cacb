import t from 'tap'
import { collectSync } from '../support/engine.ts'
import { listenSimulator } from '../support/listening-simulator.ts'
import { createManualClock } from '../support/manual-clock.ts'
import { compareTables } from './compare-tables.ts'
import { Destination } from './destination.ts'

const version = '2.17'
const names = ['conversations', 'conversation_ai_sources', 'companies', 'company_segments']
const streams = names.map((name) => ({ name, syncMode: 'incremental' as const }))
const config = { access_token: 'simulator-token', api_version: version, tombstones: 'airbyte' }

t.test('rows that left within the second of their record may stay; all others must go', async (t) => {
  const clock = createManualClock(Date.UTC(2026, 4, 5))
  const workspace = { conversations: 60, companies: 30, segments: 4, rowsInside: true, oddities: false }
  const simulator = await listenSimulator(t, { ...workspace, clock, deletedCompanies: false })
  const destinations = [new Destination(streams), new Destination(streams)] as const
  const [destination, stale] = destinations
  let state: unknown[] | undefined
  const sync = async (...taking: Destination[]) => {
    const synced = await collectSync({ baseUrl: simulator.url, clock, streams, config, ...(state && { state }) })
    state = synced.state
    for (const one of taking) one.take(synced.messages)
  }
  const change = (kind: 'update' | 'leave' = 'leave') => {
    simulator.workspace.mutate({ stream: 'conversations', kind: 'update', count: workspace.conversations })
    simulator.workspace.mutate({ stream: 'companies', kind, count: workspace.companies })
  }
  const faultsOf = (one: Destination) => compareTables({ simulator }, version, one)

  clock.advance(60_000)
  change('update')
  await sync(...destinations)
  t.same(faultsOf(destination), [])
  change()
  await sync(...destinations)
  t.same(faultsOf(destination), [], 'the change of the same second')
  clock.advance(60_000)
  change()
  await sync(destination)
  t.same(faultsOf(destination), [], 'the change of another one')
  for (const stream of ['conversation_ai_sources', 'company_segments'])
    t.ok(
      faultsOf(stale).some((fault) => fault.includes(`${stream} stay in a table`)),
      `${stream} that came with an earlier time are told`,
    )
})
