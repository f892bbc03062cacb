import t, { type Test } from 'tap'
import type { SimulatorOptions } from '../../simulator/options.ts'
import { checkMessages } from '../../simulator/oracle/check-messages.ts'
import { createRandom, integerBetween, pick } from '../../simulator/random.ts'
import { createAcceleratedClock } from '../support/accelerated-clock.ts'
import { editAnswers } from '../support/edited-answers.ts'
import { type CollectOptions, collectSync, joined, judge, parseLines, recordsOf } from '../support/engine.ts'
import { listenSimulator } from '../support/listening-simulator.ts'
import { createManualClock } from '../support/manual-clock.ts'

const now = Date.UTC(2026, 4, 5)
const day = 86_400
const expectStreams = ['articles']
const workspace = { contacts: 1, companies: 1, conversations: 1, articles: 600, unstableTies: true }
/** Two pages, whose border lies in the middle of one second. */
const crowd = { articles: 300, firstTimes: { articles: Array.from({ length: 300 }, () => now / 1000 - 5 * day) } }

async function setUp(t: Test, options: SimulatorOptions = {}) {
  const clock = createManualClock(now)
  const simulator = await listenSimulator(t, { ...workspace, clock, ...options })
  const sync = (more: Partial<CollectOptions> = {}) =>
    collectSync({ baseUrl: simulator.url, clock, streams: expectStreams, ...more })
  const pagesAsked = () => simulator.requests.entries.filter(({ path }) => path === '/articles')
  return { ...simulator, clock, sync, pagesAsked }
}

const idsOf = (messages: Buffer): string[] => recordsOf(messages, 'articles').map(({ id }) => String(id))
const warnings = (messages: Buffer): string[] =>
  parseLines(messages).flatMap(({ log }) => (log?.level === 'WARN' ? [log.message] : []))

for (const api_version of ['2.11', '2.16', '2.17'])
  t.test(`API ${api_version}: all articles come, then those that are new or have changed, each once`, async (t) => {
    const simulator = await setUp(t)
    const config = { access_token: 'simulator-token', api_version }
    const first = await simulator.sync({ config })
    t.equal(first.outcome?.failure, undefined)
    const ledger = new Map()
    const faultsIn = async (messages: Buffer) => {
      const truth = simulator.workspace.truth({ version: api_version })
      return (await checkMessages([messages], truth, { expectStreams, ledger })).faults
    }
    t.same(await faultsIn(first.messages), [])
    t.equal(idsOf(first.messages).length, 600)
    t.same(warnings(first.messages), [])

    simulator.clock.advance(day * 1000)
    const quiet = await simulator.sync({ config, state: first.state })
    t.same(idsOf(quiet.messages), [], 'nothing has changed')
    const changed = (['create', 'update'] as const).flatMap((kind) =>
      simulator.workspace.mutate({ stream: 'articles', kind, count: 7 }),
    )
    simulator.workspace.mutate({ stream: 'articles', kind: 'delete', count: 3 })
    const second = await simulator.sync({ config, state: quiet.state })
    const gone = changed.filter((id) => simulator.workspace.collection('articles').find(id) === undefined)
    t.same(idsOf(second.messages).toSorted(), changed.filter((id) => !gone.includes(id)).toSorted())
    t.same(await faultsIn(second.messages), [])
  })

t.test('a list of one page takes one request', async (t) => {
  const simulator = await setUp(t, { articles: 250 })
  const { messages } = await simulator.sync()
  t.same((await judge(simulator, messages, { expectStreams })).faults, [])
  t.same(
    simulator.pagesAsked().map(({ query }) => query),
    [{ page: '1', per_page: '250' }],
  )
})

t.test('articles of one second over the border of two pages all come', async (t) => {
  for (let seed = 1; seed <= 20; seed++) {
    const simulator = await setUp(t, { ...crowd, seed })
    const { messages, state } = await simulator.sync()
    t.same((await judge(simulator, messages, { expectStreams })).faults, [], `seed ${seed}`)
    t.equal(new Set(idsOf(messages)).size, idsOf(messages).length, 'and none twice')
    t.same(warnings(messages), [])
    const [first, ...others] = new Set(simulator.pagesAsked().map(({ query }) => query.per_page))
    t.equal(first, '250')
    t.ok(others.length > 0, 'the list is read again in another page size')
    t.same(idsOf((await simulator.sync({ state })).messages), [])
  }
})

t.test('what is changed, created or deleted while the pages are read moves nothing else out of sight', async (t) => {
  const kinds = ['delete', 'create', 'update'] as const
  for (let seed = 1; seed <= 30; seed++) {
    const random = createRandom(seed, 0xa47)
    const clock = createAcceleratedClock(now, 200)
    const script = Array.from({ length: integerBetween(random, 1, 5) }, () => ({
      after: integerBetween(random, 1, 9),
      mutations: [{ stream: 'articles', kind: pick(random, kinds), count: integerBetween(random, 1, 5) }],
    }))
    const simulator = await setUp(t, { seed, clock, script, articles: integerBetween(random, 240, 800) })
    const startedAt = clock.now()
    const { messages, state } = await simulator.sync({ clock })
    const due = { visibleAt: startedAt, stillAt: clock.now(), expectStreams, ledger: new Map() }
    t.same((await judge(simulator, messages, due)).faults, [], `seed ${seed}: ${JSON.stringify(script)}`)
    const next = await simulator.sync({ clock, state })
    t.same((await judge(simulator, next.messages, { expectStreams, ledger: due.ledger })).faults, [], `seed ${seed}`)
  }
})

t.test('a page that holds less than the list counts is made up for by reading again', async (t) => {
  for (const articles of [100, 600]) {
    const simulator = await setUp(t, { articles })
    let answers = 0
    const baseUrl = await editAnswers(t, simulator, ({ path, body }) => {
      if (!path.startsWith('/articles') || answers++ > 0) return {}
      const answer = JSON.parse(body) as { data: object[] }
      return { body: JSON.stringify({ ...answer, data: answer.data.slice(2) }) }
    })
    const { messages } = await simulator.sync({ baseUrl })
    t.same((await judge(simulator, messages, { expectStreams })).faults, [])
    t.same(warnings(messages), [])
  }
})

t.test('a list that stays short is told with figures, and the article it lacked comes when it is shown', async (t) => {
  const simulator = await setUp(t)
  const hidden = simulator.workspace.collection('articles').latest()[250]?.plan.id ?? ''
  let isHidden = true
  const baseUrl = await editAnswers(t, simulator, ({ path, body }) => {
    if (!path.startsWith('/articles') || !isHidden) return {}
    const answer = JSON.parse(body) as { data: { id: string }[] }
    return { body: JSON.stringify({ ...answer, data: answer.data.filter(({ id }) => id !== hidden) }) }
  })
  const first = await simulator.sync({ baseUrl })
  t.equal(first.outcome?.failure, undefined)
  t.match(warnings(first.messages), ['articles: Intercom counts 600 and gave 599 in 10 readings: the next sync reads'])
  t.equal(idsOf(first.messages).length, 599)
  isHidden = false
  simulator.clock.advance(day * 1000)
  t.same(idsOf((await simulator.sync({ baseUrl, state: first.state })).messages), [hidden])
})

t.test('an article whose text alone has changed is delivered', async (t) => {
  const simulator = await setUp(t)
  const first = await simulator.sync()
  simulator.clock.advance(day * 1000)
  const moved = simulator.workspace.collection('articles').latest()[300]?.plan.id ?? ''
  const baseUrl = await editAnswers(t, simulator, ({ path, body }) => {
    if (!path.startsWith('/articles')) return {}
    const answer = JSON.parse(body) as { data: { id: string }[] }
    const data = answer.data.map((article) => (article.id === moved ? { ...article, parent_id: 777 } : article))
    return { body: JSON.stringify({ ...answer, data }) }
  })
  t.same(idsOf((await simulator.sync({ baseUrl, state: first.state })).messages), [moved])
})

t.test('more articles than a state can remember go by their times', async (t) => {
  const simulator = await setUp(t, { articles: 2300 })
  const first = await simulator.sync()
  t.same((await judge(simulator, first.messages, { expectStreams })).faults, [])
  simulator.clock.advance(day * 1000)
  const changed = simulator.workspace.mutate({ stream: 'articles', kind: 'update', count: 5 })
  const second = await simulator.sync({ state: first.state })
  t.same(idsOf(second.messages).toSorted(), changed.toSorted())
})

t.test('an attempt that dies after any commit is continued with nothing lost or twice', async (t) => {
  const simulator = await setUp(t)
  const whole = await simulator.sync()
  t.ok(whole.commits.length > 3)
  for (let stopAfter = 1; stopAfter < whole.commits.length; stopAfter++) {
    const { commits } = await simulator.sync({ stopAfter })
    const rest = await simulator.sync({ held: commits })
    const { messages, state } = joined([...commits, ...rest.commits])
    t.same((await judge(simulator, messages, { expectStreams })).faults, [], `${stopAfter}`)
    t.same(idsOf((await simulator.sync({ state })).messages), [])
    simulator.clock.advance(10_000)
  }
})

t.test('a page that leads back ends the attempt', async (t) => {
  const simulator = await setUp(t)
  const baseUrl = await editAnswers(t, simulator, ({ path, body }) => {
    const page = path.startsWith('/articles') ? new URL(path, simulator.url).searchParams.get('page') : null
    if (page !== '2') return {}
    const answer = JSON.parse(body) as { pages: object }
    return { body: JSON.stringify({ ...answer, pages: { ...answer.pages, next: 'https://x/articles?page=2' } }) }
  })
  await t.rejects(simulator.sync({ baseUrl }), { code: 'intercom_loop' })
})

t.test('a full refresh reads all articles each time', async (t) => {
  const simulator = await setUp(t)
  const streams = [{ name: 'articles', syncMode: 'full_refresh' }]
  const first = await simulator.sync({ streams })
  t.same((await judge(simulator, first.messages, { expectStreams })).faults, [])
  t.equal(idsOf((await simulator.sync({ streams })).messages).length, 600)
})

t.test(
  'without the permission the stream is INCOMPLETE when it is named, and is not asked for when it is not',
  async (t) => {
    const clock = createAcceleratedClock(now, 20)
    const simulator = await setUp(t, { clock, accessTokens: { 'token-without-articles': ['read_articles'] } })
    const config = { access_token: 'token-without-articles' }
    const named = await simulator.sync({ clock, config, streams: ['tags', 'articles'] })
    t.match(named.outcome?.failure, { code: 'scope_missing' })
    t.ok(recordsOf(named.messages, 'tags').length > 0)
    const asked = simulator.pagesAsked().length
    const whole = await simulator.sync({ clock, config, streams: undefined })
    t.equal(whole.outcome?.failure, undefined)
    t.equal(simulator.pagesAsked().length, asked)
  },
)
