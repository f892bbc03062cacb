import t from 'tap'
import { type ContactPage, listenSimulator } from '../support/listening-simulator.ts'
import { createManualClock } from '../support/manual-clock.ts'

const start = Date.UTC(2026, 4, 1, 12)
const small = { contacts: 20, conversations: 5, companies: 20, tickets: 5, oddities: false }
const path = '/contacts/search'
const query = { field: 'updated_at', operator: '>', value: 0 }

t.test('pages hold no more than the largest page, and lead on rightly', async (t) => {
  const simulator = await listenSimulator(t, { ...small, largestPage: 3 })
  const page = await simulator.search({ query, pagination: { per_page: 150 } })
  t.equal(page.data.length, 3)
  t.match(page.pages, { per_page: 3, total_pages: 7 })
  t.equal(new Set(await simulator.walk({ query })).size, 20)
  t.equal((await simulator.search({ query, pagination: { per_page: 2 } })).data.length, 2)
  simulator.faults.traps = [{ stream: 'contacts', holds: page.data[0]?.id ?? '', abovePerPage: 3, status: 504 }]
  t.equal((await simulator.search({ query, pagination: { per_page: 150 } })).data.length, 3, 'the smaller size counts')
})

t.test('a page can name no next one, or lack its last records, and the count stays', async (t) => {
  const simulator = await listenSimulator(t, { ...small, largestPage: 5 })
  const whole = await simulator.search({ query })
  simulator.faults.next([
    { match: { path }, endsEarly: true },
    { match: { path }, lacks: 2 },
  ])
  const ended = await simulator.search({ query })
  t.equal(ended.pages.next, undefined)
  t.same([ended.data.length, ended.total_count], [5, 20])
  const short = await simulator.search({ query })
  t.same(short.data, whole.data.slice(0, 3))
  t.same([short.total_count, short.pages.next], [20, whole.pages.next], 'its cursor goes on behind what is left out')
})

t.test('opaque cursors lead on and cannot be read', async (t) => {
  const simulator = await listenSimulator(t, { ...small, largestPage: 6, cursorsOpaque: true })
  const cursor = (await simulator.search({ query })).pages.next?.starting_after ?? ''
  t.notMatch(Buffer.from(cursor, 'base64').toString(), /\[|\d{10}/)
  t.equal(new Set(await simulator.walk({ query })).size, 20)
  simulator.faults.next([{ match: { path }, skip: 1, cursor: 'endless' }])
  await simulator.search({ query })
  const again = await simulator.search({ query, pagination: { starting_after: cursor } })
  t.not(again.pages.next?.starting_after, cursor)
  t.same(await simulator.refusal({ query, pagination: { starting_after: `${cursor}00` } }), {
    status: 400,
    code: 'parameter_invalid',
    message: 'Invalid starting_after param, it should be a cursor of a page',
  })
})

t.test('a fault can wait for a request that names a cursor', async (t) => {
  const simulator = await listenSimulator(t, { ...small, largestPage: 6 })
  simulator.faults.next([{ match: { path, paged: true }, status: 400 }])
  const { pages } = await simulator.search({ query })
  const next = { query, pagination: { starting_after: pages.next?.starting_after } }
  t.equal((await simulator.refusal(next)).status, 400)
  t.equal((await simulator.search(next)).data.length, 6)
})

t.test('a member can be null this once', async (t) => {
  const simulator = await listenSimulator(t, small)
  simulator.faults.next([{ match: { path: '/tickets/search' }, nulls: 'ticket_parts' }])
  const body = { query }
  const parts = async () =>
    (await simulator.read<{ tickets: { ticket_parts: object | null }[] }>('/tickets/search', { body })).tickets.map(
      ({ ticket_parts: list }) => list === null,
    )
  t.same(await parts(), [true, false, false, false, false])
  t.same(await parts(), [false, false, false, false, false])
})

t.test('a scroll can end before its companies do', async (t) => {
  const simulator = await listenSimulator(t, { ...small, scrollPageSize: 5 })
  simulator.faults.next([{ match: { path: '/companies/scroll' }, skip: 1, endsScroll: true }])
  const first = await simulator.read<{ data: object[]; scroll_param: string }>('/companies/scroll')
  t.equal(first.data.length, 5)
  const rest = `/companies/scroll?scroll_param=${first.scroll_param}`
  t.same((await simulator.read<{ data: object[] }>(rest)).data, [])
  t.equal((await simulator.ask(rest)).status, 404)
  t.equal((await simulator.read<{ data: object[] }>('/companies/scroll')).data.length, 5, 'another can be opened')
})

t.test('lists that come whole can come in pages, by number or by cursor', async (t) => {
  const byNumber = new Set<boolean>()
  for (const seed of [1, 2, 3]) {
    const simulator = await listenSimulator(t, { ...small, seed, listPageSize: 3 })
    type Page = {
      data?: { id: string }[]
      segments?: { id: string }[]
      pages: ContactPage['pages'] & { next: unknown }
    }
    for (const list of ['/segments', '/tags', '/data_attributes?model=contact']) {
      const met: string[] = []
      let address: string | undefined = list
      while (address !== undefined) {
        const page: Page = await simulator.read<Page>(address)
        const items = page.data ?? page.segments ?? []
        t.ok(items.length <= 3)
        met.push(...items.map((item) => item.id ?? JSON.stringify(item)))
        const { next } = page.pages as { next: string | { starting_after: string } | null }
        if (next !== null) byNumber.add(typeof next === 'string')
        const separator = list.includes('?') ? '&' : '?'
        if (typeof next === 'string') address = next.replace('https://api.intercom.io', '')
        else address = next === null ? undefined : `${list}${separator}starting_after=${next.starting_after}`
      }
      t.ok(met.length > 3)
      t.equal(new Set(met).size, met.length)
    }
  }
  t.equal(byNumber.size, 2)
})

t.test('a share of the changes shows later than the others', async (t) => {
  const clock = createManualClock(start)
  const contacts = { from: 0, to: 1, rarely: { share: 0.2, from: 60_000, to: 60_001 } }
  const { workspace } = await listenSimulator(t, { ...small, clock, indexLagsMs: { contacts } })
  for (let count = 0; count < 100; count++) workspace.mutate({ kind: 'create' })
  const lags = workspace.changes.map(({ now, visibleFrom }) => visibleFrom - now)
  const late = lags.filter((lag) => lag === 60_000).length
  t.ok(late > 5 && late < 40)
  t.equal(lags.filter((lag) => lag === 0).length, 100 - late)
  workspace.mutate({ kind: 'create', lagMs: 5 })
  t.equal(workspace.changes.at(-1)?.visibleFrom, start + 5)
})

t.test('a token can come to belong to another workspace', async (t) => {
  const simulator = await listenSimulator(t, small)
  const workspace = async () => (await simulator.read<{ app: { id_code: string } }>('/me')).app.id_code
  t.equal(await workspace(), 'sim1')
  const before = await simulator.search({ query })
  simulator.exchangeWorkspace('other1')
  t.equal(await workspace(), 'other1')
  t.same(await simulator.search({ query }), before)
})
