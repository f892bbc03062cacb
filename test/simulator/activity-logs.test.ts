import t from 'tap'
import { type ListeningSimulator, listenSimulator } from '../support/listening-simulator.ts'
import { createManualClock } from '../support/manual-clock.ts'

const start = Date.UTC(2026, 4, 1, 12)
const small = { contacts: 5, conversations: 5, companies: 5, activityLogs: 120, oddities: false }

interface LogPage {
  type: string
  activity_logs: { id: string; created_at: number; activity_type: string }[]
  pages: { next: string | null; per_page: number; total_pages: number }
}

const list = ({ read }: ListeningSimulator, query = 'created_at_after=0'): Promise<LogPage> =>
  read(`/admins/activity_logs?${query}`, { version: '2.16' })

const search = ({ read }: ListeningSimulator, body: object): Promise<LogPage> =>
  read('/admins/activity_logs/search', { version: '2.16', body: { created_at_after: 0, ...body } })

t.test('the log comes newest first, in pages that a URL leads through, without a count of all', async (t) => {
  const simulator = await listenSimulator(t, small)
  const whole = await list(simulator, 'created_at_after=0&per_page=250&sort=created_at&order=asc')
  t.equal(whole.type, 'activity_log.list')
  t.notOk('total_count' in whole)
  const seconds = whole.activity_logs.map(({ created_at: time }) => time)
  t.same(
    seconds,
    seconds.toSorted((a, b) => b - a),
  )
  const ids: string[] = []
  let page = await list(simulator)
  t.equal(page.pages.per_page, 20)
  for (;;) {
    ids.push(...page.activity_logs.map(({ id }) => id))
    if (page.pages.next === null) break
    page = await list(simulator, new URL(page.pages.next).search.slice(1))
  }
  t.same(
    ids,
    whole.activity_logs.map(({ id }) => id),
  )
  t.equal(new Set(ids).size, 120)
})

t.test('a window is required, and both its ends are honoured', async (t) => {
  const simulator = await listenSimulator(t, small)
  t.equal((await simulator.ask('/admins/activity_logs')).status, 400)
  t.equal((await simulator.ask('/admins/activity_logs/search', { version: '2.16', body: {} })).status, 400)
  t.equal((await simulator.ask('/admins/activity_logs?created_at_after=yesterday')).status, 400)
  const { activity_logs: all } = await search(simulator, { per_page: 250 })
  const [newest = 0, oldest = 0] = [all[9]?.created_at, all[19]?.created_at]
  const within = await search(simulator, { created_at_after: oldest - 1, created_at_before: newest + 1 })
  t.same(within.activity_logs, all.slice(9, 20))
  const between = await search(simulator, { created_at_after: oldest, created_at_before: newest })
  t.same(between.activity_logs, all.slice(10, 19))
  const inclusive = await listenSimulator(t, { ...small, inclusiveBounds: true })
  t.same(
    (await search(inclusive, { created_at_after: oldest, created_at_before: newest })).activity_logs,
    within.activity_logs,
  )
})

t.test('the search form came with 2.16, takes 250 a page and knows types', async (t) => {
  const simulator = await listenSimulator(t, small)
  const ask = (body: object, version = '2.16'): Promise<Response> =>
    simulator.ask('/admins/activity_logs/search', { version, body: { created_at_after: 0, ...body } })
  t.match(await (await ask({}, '2.15')).json(), { errors: [{ code: 'intercom_version_invalid' }] })
  t.same(
    [(await ask({ per_page: 250 })).status, (await ask({ per_page: 251 })).status, (await ask({ page: 0 })).status],
    [200, 400, 400],
  )
  const { activity_logs: entries } = await search(simulator, { event_types: ['app_name_change'], per_page: 250 })
  t.equal(entries.length, 30)
  t.same([...new Set(entries.map(({ activity_type: type }) => type))], ['app_name_change'])
})

t.test('a token without the scope is refused', async (t) => {
  const simulator = await listenSimulator(t, { ...small, accessTokens: { narrow: ['read_admin_activity_logs'] } })
  t.equal((await simulator.ask('/admins/activity_logs?created_at_after=0', { token: 'narrow' })).status, 403)
})

t.test('a window that holds too much is answered with 500, half of it is not', async (t) => {
  const simulator = await listenSimulator(t, { ...small, mostActivityLogs: 100 })
  const asked = (query: string): Promise<Response> => simulator.ask(`/admins/activity_logs?${query}`)
  t.equal((await asked('created_at_after=0&per_page=1')).status, 500)
  t.equal((await asked(`created_at_after=0&created_at_before=${Date.UTC(2025, 0, 1) / 1000}`)).status, 200)
  t.equal((await asked(`created_at_after=${Date.UTC(2025, 0, 1) / 1000 - 1}`)).status, 200)
})

t.test('entries come, late if the index lags, and never change', async (t) => {
  const clock = createManualClock(start)
  const simulator = await listenSimulator(t, { ...small, clock, indexLagMs: 60_000 })
  const { workspace } = simulator
  const [id] = workspace.mutate({ stream: 'activity_logs', kind: 'create' })
  t.equal((await search(simulator, { per_page: 250 })).activity_logs.length, 120)
  clock.advance(60_000)
  t.match((await search(simulator, {})).activity_logs[0], { id, created_at: start / 1000 })
  t.throws(() => workspace.mutate({ stream: 'activity_logs', kind: 'update' }), RangeError)
  const truth = [...workspace.truth({ streams: ['activity_logs'] })]
  t.equal(truth.length, 121)
  t.match(truth.at(-1), { id, updatedAt: start / 1000, visibleFrom: start + 60_000, visibleUntil: null })
})
