import t from 'tap'
import { captcha } from '../../simulator/faults/fault.ts'
import { halfDeleted } from '../../simulator/faults/trap.ts'
import { type ListeningSimulator, listenSimulator } from '../support/listening-simulator.ts'
import { createManualClock } from '../support/manual-clock.ts'

const start = Date.UTC(2026, 4, 1, 12)
const small = { contacts: 30, conversations: 30, companies: 5, tickets: 10, activityLogs: 40, oddities: false }
const query = { field: 'updated_at', operator: '>', value: 0 }

async function setUp(t: Parameters<typeof listenSimulator>[0], options = {}) {
  const clock = createManualClock(start)
  return { clock, ...(await listenSimulator(t, { ...small, clock, ...options })) }
}

const pageOf = ({ ask }: ListeningSimulator, perPage: number, path = '/conversations/search'): Promise<Response> =>
  ask(path, { body: { query, pagination: { per_page: perPage } } })

t.test('a poisoned record spoils every page it is on, whatever its size, until it heals', async (t) => {
  for (const stream of ['contacts', 'conversations', 'tickets']) {
    const { clock, faults, workspace, ...simulator } = await setUp(t)
    const newest = workspace
      .collection(stream)
      .latest()
      .toSorted((one, other) => (other.plan.updatedAt ?? 0) - (one.plan.updatedAt ?? 0))
    const [id = ''] = newest.map(({ plan }) => plan.id)
    faults.traps = [{ stream, holds: id, status: 504, until: start + 60_000 }]
    const exact = async (value: string): Promise<number> => {
      const body = { query: { field: 'id', operator: '=', value }, pagination: { per_page: 1 } }
      return (await simulator.ask(`/${stream}/search`, { body })).status
    }
    t.same([await exact(id), await exact(newest[1]?.plan.id ?? '')], [504, 200])
    clock.advance(60_000)
    t.equal(await exact(id), 200)
  }
})

t.test('pages of a heavy day fail above a size', async (t) => {
  const day = { from: Date.UTC(2025, 5, 1) / 1000, to: Date.UTC(2025, 5, 2) / 1000 }
  const simulator = await setUp(t, {
    firstTimes: { conversations: [day.from + 5, day.to - 1] },
    span: { from: day.to, to: day.to + 86_400 },
    traps: [{ stream: 'conversations', holds: day, abovePerPage: 10, status: 504 }],
  })
  t.equal((await pageOf(simulator, 150)).status, 504)
  t.equal((await pageOf(simulator, 20)).status, 200, 'a page that holds nothing of that day')
  const within = { field: 'updated_at', operator: '<', value: day.to }
  const ask = async (perPage: number): Promise<number> =>
    (await simulator.ask('/conversations/search', { body: { query: within, pagination: { per_page: perPage } } }))
      .status
  t.same([await ask(11), await ask(10)], [504, 200])
})

t.test('a conversation can be unreadable, and can make searches say that it is not found', async (t) => {
  const simulator = await setUp(t, { traps: [{ stream: 'conversations', holds: '5', at: 'record', status: 500 }] })
  for (let time = 0; time < 3; time++) t.equal((await simulator.ask('/conversations/5')).status, 500)
  t.equal((await simulator.ask('/conversations/9')).status, 200)
  t.equal((await pageOf(simulator, 150)).status, 200)
  await simulator.ask('/_simulator/faults', { body: { traps: [halfDeleted('5')] } })
  const answer = await pageOf(simulator, 150)
  t.equal(answer.status, 404)
  t.match(await answer.json(), { errors: [{ message: 'Conversation not found. Message deleted.' }] })
  t.equal((await simulator.ask('/conversations/5')).status, 200)
})

t.test('pages can go on for ever, each with a cursor of its own', async (t) => {
  const { search, faults } = await setUp(t)
  faults.next([{ match: { path: '/contacts/search' }, cursor: 'endless', repeat: Number.POSITIVE_INFINITY }])
  const cursors = new Set<string | undefined>()
  const pages = new Set<string>()
  let after: string | undefined
  for (let asked = 0; asked < 20; asked++) {
    const page = await search({ query, pagination: { per_page: 10, starting_after: after } })
    after = page.pages.next?.starting_after
    cursors.add(after)
    pages.add(page.data.map(({ id }) => id).join())
  }
  t.equal(cursors.size, 20)
  t.notOk(cursors.has(undefined))
  t.equal(pages.size, 2, 'the first page, and the second one again and again')
})

t.test('cursors can lead back and forth between two pages', async (t) => {
  const { search, faults } = await setUp(t)
  const next = async (after?: string): Promise<string | undefined> =>
    (await search({ query, pagination: { per_page: 5, starting_after: after } })).pages.next?.starting_after
  const one = await next()
  const other = await next(one)
  faults.next([{ cursor: 'previous', repeat: Number.POSITIVE_INFINITY }])
  const seen: (string | undefined)[] = []
  let at = other
  for (let asked = 0; asked < 4; asked++) {
    at = await next(at)
    seen.push(at)
  }
  t.same(seen, [one, other, one, other])
})

t.test('beyond the limit a request may be told when to come again', async (t) => {
  for (const sendsRetryAfter of [false, true]) {
    const { ask, clock } = await setUp(t, { rateLimitPerWindow: 2, sendsRetryAfter })
    clock.advance(4_000)
    for (let asked = 0; asked < 2; asked++) t.equal((await ask('/tags')).status, 200)
    const refused = await ask('/tags')
    t.equal(refused.status, 429)
    t.equal(refused.headers.get('retry-after'), sendsRetryAfter ? '6' : null)
    clock.advance(6_000)
    t.equal((await ask('/tags')).status, 200)
  }
})

t.test('entries of one second come in another order with every request, if they are told to', async (t) => {
  const firstTimes = { activity_logs: Array.from({ length: 30 }, () => start / 1000 - 60) }
  const orders = async (unstableTies: boolean): Promise<number> => {
    const { read } = await setUp(t, { firstTimes, unstableTies })
    const seen = new Set<string>()
    for (let asked = 0; asked < 4; asked++) {
      const { activity_logs: entries } = await read<{ activity_logs: { id: string; created_at: number }[] }>(
        '/admins/activity_logs?created_at_after=0&per_page=250',
      )
      const seconds = entries.map(({ created_at: second }) => second)
      t.same(
        seconds,
        seconds.toSorted((a, b) => b - a),
      )
      seen.add(entries.map(({ id }) => id).join())
    }
    return seen.size
  }
  t.same([await orders(false), await orders(true)], [1, 4])
})

t.test('something between client and Intercom may ask for a person', async (t) => {
  const { ask, faults } = await setUp(t)
  faults.next([captcha])
  const answer = await ask('/tags')
  t.same([answer.status, answer.headers.get('content-type')], [405, 'text/html'])
})

t.test('the date of every answer is that of the simulator, errors included', async (t) => {
  const { ask, clock } = await setUp(t)
  clock.advance(3_600_000)
  for (const path of ['/tags', '/nothing']) {
    t.equal((await ask(path)).headers.get('date'), new Date(start + 3_600_000).toUTCString())
  }
})
