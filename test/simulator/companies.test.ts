import t from 'tap'
import { brokenScroll } from '../../simulator/faults/fault.ts'
import { listenSimulator } from '../support/listening-simulator.ts'
import { createManualClock } from '../support/manual-clock.ts'

interface Company {
  id: string
  company_id: string
  user_count: number
  updated_at: number
  last_request_at: number | null
  segments: { segments: { id: string }[] }
}

interface Page {
  data: Company[]
  scroll_param: string
  pages: { next: string | null; page: number; per_page: number; total_pages: number } | null
  total_count: number | null
}

const start = Date.UTC(2026, 4, 1, 12)
const path = '/companies/scroll'

async function setUp(t: Parameters<typeof listenSimulator>[0], options = {}) {
  const clock = createManualClock(start)
  const simulator = await listenSimulator(t, { companies: 250, segments: 5, deletedCompanies: true, clock, ...options })
  const next = (param?: string): Promise<Page> =>
    simulator.read(param === undefined ? path : `${path}?scroll_param=${param}`)
  const refusal = async (asked: string, method = 'GET'): Promise<unknown[]> => {
    const response = await simulator.ask(asked, { method })
    const { errors } = (await response.json()) as { errors: { code: string; message: string }[] }
    return [response.status, errors[0]?.code, errors[0]?.message]
  }
  const drain = async (): Promise<Company[]> => {
    const companies: Company[] = []
    let page = await next()
    while (page.data.length > 0) {
      companies.push(...page.data)
      page = await next(page.scroll_param)
    }
    return companies
  }
  return { ...simulator, clock, next, refusal, drain }
}

const exists = [400, 'scroll_exists', 'scroll already exists for this workspace']
const gone = [404, 'not_found', 'scroll parameter not found']

t.test('a scroll gives every company with users once, page by page, and ends with an empty page', async (t) => {
  const { next, refusal } = await setUp(t)
  const first = await next()
  t.match(first, {
    type: 'list',
    pages: null,
    total_count: null,
    scroll_param: /^[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}$/,
  })
  const pages = [first]
  while (pages.at(-1)?.data.length !== 0) pages.push(await next(first.scroll_param))
  t.same(
    pages.map(({ data }) => data.length),
    [100, 100, 40, 0],
  )
  t.same(new Set(pages.map((page) => page.scroll_param)).size, 1)
  const companies = pages.flatMap(({ data }) => data)
  t.equal(new Set(companies.map(({ id }) => id)).size, 240)
  t.ok(companies.every((company) => company.user_count > 0 && /^[0-9a-f]{24}$/.test(company.id)))
  t.same(await refusal(`${path}?scroll_param=${first.scroll_param}`), gone, 'nothing comes after the end')
  t.ok((await next()).data.length > 0, 'then another can be opened')
})

t.test('companies without users are there where the workspace shows them', async (t) => {
  const { drain } = await setUp(t, { omitUserlessCompanies: false })
  const companies = await drain()
  t.equal(companies.length, 250)
  t.equal(companies.filter((company) => company.user_count === 0).length, 10)
})

t.test('one scroll can be open at a time, and a minute of silence ends it', async (t) => {
  const { next, refusal, clock } = await setUp(t, { scrollPageSize: 10 })
  const { scroll_param: param } = await next()
  t.same(await refusal(path), exists)
  clock.advance(60_000)
  t.equal((await next(param)).data.length, 10, 'after exactly a minute it goes on')
  t.same(await refusal(path), exists)
  clock.advance(60_001)
  t.same(await refusal(`${path}?scroll_param=${param}`), gone)
  t.equal((await next()).data.length, 10)
  t.same(await refusal(`${path}?scroll_param=${param}`), gone, 'the old parameter stays lost')
})

t.test("somebody else's scroll is in the way until it ends", async (t) => {
  const { next, refusal, clock, workspace, ask } = await setUp(t, { foreignScrollUntil: start + 90_000 })
  clock.advance(89_999)
  t.same(await refusal(path), exists)
  clock.advance(1)
  t.ok((await next()).data.length > 0)
  clock.advance(61_000)
  workspace.companies.scroll.holdUntil(clock.now() + 1)
  t.same(await refusal(path), exists)
  await ask('/_simulator/scroll', { token: null, body: { holdUntil: clock.now() } })
  t.ok((await next()).data.length > 0, 'over HTTP too')
})

t.test('a scroll that breaks must be started anew', async (t) => {
  const { next, refusal, faults } = await setUp(t)
  const { scroll_param: param } = await next()
  faults.next([brokenScroll])
  const [status, , message] = await refusal(`${path}?scroll_param=${param}`)
  t.same(
    [status, message],
    [500, 'Request failed due to an internal network error. Please restart the scroll operation.'],
  )
  t.same(await refusal(`${path}?scroll_param=${param}`), gone)
  t.not((await next()).scroll_param, param)
})

t.test('a scroll shows what there was when it was opened', async (t) => {
  const { next, workspace } = await setUp(t, { companies: 20, scrollPageSize: 5 })
  const first = await next()
  workspace.mutate({ stream: 'companies', kind: 'create' })
  workspace.mutate({ stream: 'companies', kind: 'update', count: 20 })
  const companies = [...first.data]
  for (let page = await next(first.scroll_param); page.data.length > 0; page = await next(first.scroll_param)) {
    companies.push(...page.data)
  }
  t.equal(companies.length, 19)
  t.ok(companies.every((company) => company.updated_at < start / 1000))
})

t.test('the list is paged by number, with a URL to the next page', async (t) => {
  const { read } = await setUp(t, { companies: 100 })
  const list = (query: string): Promise<Page> => read(`/companies/list${query}`, { method: 'POST' })
  const first = await list('')
  t.match(first, { total_count: 96, pages: { page: 1, per_page: 15, total_pages: 7 } })
  t.match(first.pages?.next, /^https:\/\/api\.intercom\.io\/companies\/list\?.*page=2/)
  const companies: Company[] = []
  let query = '?per_page=60&order=asc'
  for (;;) {
    const { data, pages } = await list(query)
    companies.push(...data)
    if (pages?.next === null || pages === null) break
    query = new URL(pages.next).search
  }
  t.equal(new Set(companies.map(({ id }) => id)).size, 96)
  const times = companies.map((company) => company.last_request_at ?? -1)
  t.same(
    times,
    times.toSorted((one, other) => one - other),
    'the order goes with the URL',
  )
  const newest = (await list('?per_page=1')).data[0]
  t.equal(newest?.last_request_at, times.at(-1), 'latest first unless asked otherwise')
})

t.test('the list leaves companies without users out, whatever the scroll gives', async (t) => {
  const { read, drain } = await setUp(t, { companies: 50, omitUserlessCompanies: false })
  const { data, total_count: total } = await read<Page>('/companies/list?per_page=60', { method: 'POST' })
  const scrolled = await drain()
  t.same([data.length, total, scrolled.length], [48, 48, 50])
  t.ok(data.every((company) => company.user_count > 0))
})

t.test('a visit moves a company within the list, and is no change of it', async (t) => {
  const { read, workspace, clock } = await setUp(t, { companies: 50 })
  const list = (): Promise<Page> => read('/companies/list?per_page=60', { method: 'POST' })
  const { data: before } = await list()
  const { id = '', ...rest } = before.at(-1) ?? {}
  clock.advance(5_000)
  workspace.mutate({ stream: 'companies', kind: 'visit', ids: [id] })
  const [first] = (await list()).data
  t.same(first, { ...rest, id, last_request_at: clock.now() / 1000 })
  const [older, newer] = [...workspace.truth({ streams: ['companies'] })].filter((line) => line.id === id)
  t.same([newer?.or, newer?.updatedAt], [[older?.sha256], older?.updatedAt], 'the text from before is as good')
})

t.test('the list has its limits', async (t) => {
  const { refusal, ask } = await setUp(t)
  const list = (query: string): Promise<unknown[]> => refusal(`/companies/list?${query}`, 'POST')
  t.same(await list('per_page=61'), [400, 'parameter_invalid', 'Per Page is too big'])
  t.match(await list('page=0'), [400, 'parameter_invalid'])
  t.same(await list('page=167&per_page=60'), [400, 'bad_request', 'page limit reached, please use scroll API'])
  t.equal((await ask('/companies/list?page=166&per_page=60', { method: 'POST' })).status, 200)
  t.match(await refusal('/companies?per_page=50'), [400, 'parameter_not_found'])
})

t.test('a POST without a body may name its type', async (t) => {
  const { url } = await setUp(t)
  const headers = { authorization: 'Bearer simulator-token', 'content-type': 'application/json' }
  t.equal((await fetch(`${url}/companies/list`, { method: 'POST', headers })).status, 200)
})

t.test('the segments of a company are those inside it', async (t) => {
  const { read, drain, ask } = await setUp(t)
  let found = 0
  for (const company of await drain()) {
    const response = await ask(`/companies/${company.id}/segments`)
    if (response.status === 404) continue
    const { data } = (await response.json()) as { data: { id: string; updated_at: number }[] }
    t.same(
      data.map(({ id }) => id),
      company.segments.segments.map(({ id }) => id),
    )
    found += data.length
  }
  t.ok(found > 100)
  t.match(await read('/companies/scroll'), { data: [{ type: 'company' }] })
})

t.test('deleted companies are still scrolled, but nothing is found below them', async (t) => {
  const { drain, ask, workspace, refusal } = await setUp(t)
  const kinds = new Map<string, number>()
  for (const { id } of await drain()) {
    const response = await ask(`/companies/${id}/segments`)
    const kind = `${response.status} ${response.headers.get('content-type')?.split(';')[0]}`
    kinds.set(kind, (kinds.get(kind) ?? 0) + 1)
    if (response.status === 404 && kind.endsWith('html')) t.match(await response.text(), /nginx/)
  }
  t.match(Object.fromEntries(kinds), { '404 application/json': 6, '404 text/html': 6 })
  const [deleted = ''] = workspace.mutate({ stream: 'companies', kind: 'delete' })
  t.same(await refusal(`/companies/${deleted}/segments`), [404, 'company_not_found', 'Company Not Found'])
  t.ok((await drain()).some(({ id }) => id === deleted))
  t.match(await refusal('/companies/6762f0941bb69f9f2193bb25/segments'), [404, 'company_not_found'])
})

t.test('joining and leaving a segment moves the company', async (t) => {
  const { drain, workspace, clock } = await setUp(t, { companies: 30 })
  const find = async (id: string): Promise<Company | undefined> => (await drain()).find((company) => company.id === id)
  const segment = workspace.collection('segments').latest()[4]?.plan.id ?? ''
  clock.advance(5_000)
  const [joined = ''] = workspace.mutate({ stream: 'companies', kind: 'join', segment })
  const after = await find(joined)
  t.equal(after?.updated_at, clock.now() / 1000)
  t.equal(after?.segments.segments.at(-1)?.id, segment)
  clock.advance(5_000)
  t.same(workspace.mutate({ stream: 'companies', kind: 'leave', ids: [joined], segment }), [joined])
  const left = await find(joined)
  t.equal(left?.updated_at, clock.now() / 1000)
  t.notOk(left?.segments.segments.some(({ id }) => id === segment))
  t.same(workspace.mutate({ stream: 'companies', kind: 'leave', ids: [joined], segment }), [], 'it is not in it')
  t.throws(() => workspace.mutate({ stream: 'companies', kind: 'reply' }), RangeError)
})
