import t, { type Test } from 'tap'
import { createAcceleratedClock } from '../support/accelerated-clock.ts'
import { type Collected, collectSync, judge, recordsOf } from '../support/engine.ts'
import { listenSimulator } from '../support/listening-simulator.ts'

const streams = ['companies', 'company_segments']
const segmentsOf = ({ messages }: Collected, id: string) =>
  recordsOf(messages, 'company_segments').filter(({ company_id: company }) => company === id)
const retryIdsOf = ({ state }: Collected) =>
  (state as { stream: { stream_state: { intercom_sync: { retry_ids?: object } } } }[]).flatMap(({ stream }) =>
    Object.keys(stream.stream_state.intercom_sync.retry_ids ?? {}),
  )

/**
 * A company without users, of which a first sync (by the scroll) cannot have the segments. What comes after has only the
 * list, which leaves it out.
 */
async function setUp(t: Test) {
  const clock = createAcceleratedClock(Date.UTC(2026, 4, 5), 500)
  const simulator = await listenSimulator(t, { companies: 60, omitUserlessCompanies: false, oddities: false, clock })
  const { companies } = simulator.workspace
  const userless = simulator.workspace
    .collection('companies')
    .latest()
    .find(
      (company) =>
        company.member('user_count') === 0 &&
        companies.deletion(company.plan) === undefined &&
        (company.plan.segments ?? []).length > 0,
    )
  const id = userless?.plan.id ?? ''
  const failing = { match: { path: `/companies/${id}/segments` }, status: 503, repeat: 1000 }
  const sync = (state: unknown[] = []) =>
    collectSync({ baseUrl: simulator.url, clock, streams, state, scrollPatienceMs: 0 })
  simulator.faults.next([failing])
  const first = await sync()
  t.match(first.outcome?.failure, { code: 'records_unreadable' })
  t.same([retryIdsOf(first), segmentsOf(first, id)], [[id], []])
  companies.scroll.holdUntil(Number.POSITIVE_INFINITY)
  return { simulator, id, first, sync, count: userless?.plan.segments?.length }
}

t.test('segments that are missing come although the list leaves their company out', async (t) => {
  const { simulator, id, first, sync, count } = await setUp(t)
  simulator.faults.clear()
  const ledger = new Map()
  await judge(simulator, first.messages, { expectStreams: [], ledger })
  const second = await sync(first.state)
  t.equal(second.outcome?.failure, undefined)
  t.same([segmentsOf(second, id).length, retryIdsOf(second)], [count, []])
  t.same((await judge(simulator, second.messages, { expectStreams: streams, ledger })).faults, [])
  const third = await sync(second.state)
  t.same(recordsOf(third.messages, 'company_segments'), [])
})

t.test('what still fails is named, and tried again', async (t) => {
  const { simulator, id, first, sync, count } = await setUp(t)
  const second = await sync(first.state)
  t.match(second.outcome?.failure, { code: 'records_unreadable' })
  t.ok(second.outcome?.failure?.message.includes(id))
  t.same(retryIdsOf(second), [id])
  simulator.faults.clear()
  const third = await sync(second.state)
  t.equal(segmentsOf(third, id).length, count)
})

t.test('a company that has been deleted meanwhile is counted, and asked for no more', async (t) => {
  const { simulator, id, first, sync } = await setUp(t)
  simulator.faults.clear()
  simulator.workspace.mutate({ stream: 'companies', kind: 'delete', ids: [id] })
  const second = await sync(first.state)
  t.equal(second.outcome?.failure, undefined)
  t.same(retryIdsOf(second), [])
  t.match(
    second.outcome?.streams.find(({ streamName }) => streamName === 'company_segments'),
    { completeness: { deletedMeanwhile: 1 } },
  )
})

t.test('a company that the list shows is asked for its segments once', async (t) => {
  const { simulator, first, sync, id } = await setUp(t)
  simulator.faults.clear()
  simulator.workspace.companies.scroll.holdUntil(0)
  const before = simulator.requests.entries.length
  await sync(first.state)
  const asked = simulator.requests.entries.slice(before).filter(({ path }) => path === `/companies/${id}/segments`)
  t.equal(asked.length, 1)
})
