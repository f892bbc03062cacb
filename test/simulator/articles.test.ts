import t from 'tap'
import { type ListeningSimulator, listenSimulator } from '../support/listening-simulator.ts'
import { createManualClock } from '../support/manual-clock.ts'

const start = Date.UTC(2026, 4, 1, 12)
const small = { contacts: 5, conversations: 5, companies: 5, articles: 120, oddities: false }

interface ArticlePage {
  data: { id: string; updated_at: number; statistics?: object }[]
  pages: { next: string | null; page: number; per_page: number; total_pages: number }
  total_count: number
}

const list = ({ read }: ListeningSimulator, query = ''): Promise<ArticlePage> =>
  read(`/articles?${query}`, { version: '2.16' })

t.test('articles come in pages that a URL leads through, the last changed first, with their count', async (t) => {
  const simulator = await listenSimulator(t, small)
  const whole = await list(simulator, 'per_page=250')
  t.match([whole.total_count, whole.data.length, whole.pages.next], [120, 120, null])
  const seconds = whole.data.map(({ updated_at: time }) => time)
  t.same(
    seconds,
    seconds.toSorted((a, b) => b - a),
  )
  t.ok(new Set(seconds).size < 10, 'many share a second')
  t.notOk(whole.data.some((article) => 'statistics' in article))
  const ids: string[] = []
  let page = await list(simulator)
  t.match(page.pages, { page: 1, per_page: 25, total_pages: 5 })
  for (;;) {
    ids.push(...page.data.map(({ id }) => id))
    if (page.pages.next === null) break
    t.match(page.pages.next, /^https:\/\/api\.intercom\.io\/articles\?/)
    page = await list(simulator, new URL(page.pages.next).search.slice(1))
  }
  t.same(
    ids,
    whole.data.map(({ id }) => id),
  )
})

t.test('articles of one second come in another order with every request', async (t) => {
  const simulator = await listenSimulator(t, { ...small, unstableTies: true })
  const [one, other] = [await list(simulator, 'per_page=250'), await list(simulator, 'per_page=250')]
  const [ids, others] = [one, other].map(({ data }) => data.map(({ id }) => id))
  t.notSame(ids, others)
  t.same(ids?.toSorted(), others?.toSorted())
  const pages = [await list(simulator, 'page=1&per_page=60'), await list(simulator, 'page=2&per_page=60')]
  const met = new Set(pages.flatMap(({ data }) => data.map(({ id }) => id)))
  t.ok(met.size < 120, 'a walk through the pages misses some')
})

t.test('a page too large, or that is no number, is refused, as is a token without the permission', async (t) => {
  const simulator = await listenSimulator(t, { ...small, accessTokens: { narrow: ['read_articles'], whole: [] } })
  const large = await simulator.ask('/articles?per_page=251', { token: 'whole' })
  t.equal(large.status, 400)
  t.match(await large.json(), { errors: [{ code: 'parameter_invalid', message: 'Per Page is too big' }] })
  t.equal((await simulator.ask('/articles?page=x', { token: 'whole' })).status, 400)
  t.equal((await simulator.ask('/articles', { token: 'narrow' })).status, 403)
})

t.test('an article that changes comes first, a deleted one goes, and the text follows the API version', async (t) => {
  const simulator = await listenSimulator(t, { ...small, clock: createManualClock(start) })
  const [changed] = simulator.workspace.mutate({ stream: 'articles', kind: 'update' })
  const { data } = await list(simulator)
  t.match(data[0], { id: changed, updated_at: start / 1000 })
  simulator.workspace.mutate({ stream: 'articles', kind: 'delete', ids: [changed ?? ''] })
  t.equal((await list(simulator)).total_count, 119)
  const members = async (version: string) =>
    Object.keys((await simulator.read<ArticlePage>('/articles', { version })).data[0] ?? {})
  t.notOk((await members('2.11')).includes('body_markdown'))
  t.ok((await members('2.16')).includes('body_markdown'))
})
