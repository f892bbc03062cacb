import t from 'tap'
import { type ContactPage, listenSimulator } from '../support/listening-simulator.ts'

const all = { field: 'updated_at', operator: '>', value: 0 }
type Contact = ContactPage['data'][number]

t.test('a walk by cursor gives every contact once, in the order asked for', async (t) => {
  const { walk, search } = await listenSimulator(t, { contacts: 700 })
  const ascending = await walk({ query: all, sort: { field: 'updated_at', order: 'ascending' } })
  const descending = await walk({ query: all, sort: { field: 'updated_at', order: 'descending' } })
  const unnamed = await walk({ query: all, sort: { field: 'updated_at' } })
  const { total_count: total } = await search({ query: all })
  t.equal(new Set(ascending).size, total)
  t.same(ascending.toReversed(), descending)
  t.same(unnamed, descending, 'descending is the default')
})

t.test('contacts that share a second are ordered by id, so that page borders lose none', async (t) => {
  const { search, workspace } = await listenSimulator(t, { contacts: 40, oddities: false })
  workspace.mutate({ kind: 'update', count: 40 })
  const sort = { field: 'updated_at', order: 'ascending' }
  const seen: string[] = []
  let after: string | undefined
  do {
    const page: ContactPage = await search({ query: all, sort, pagination: { per_page: 7, starting_after: after } })
    seen.push(...page.data.map(({ id }) => id))
    after = page.pages.next?.starting_after
  } while (after !== undefined)
  t.equal(seen.length, 40)
  t.same(seen, seen.toSorted())
})

t.test('results are sorted by any field, nulls first in ascending order', async (t) => {
  const { search } = await listenSimulator(t, { contacts: 100, oddities: false })
  const sorted = async (field: string): Promise<unknown[]> => {
    const { data } = await search({ query: all, sort: { field, order: 'ascending' }, pagination: { per_page: 150 } })
    return data.map((contact) => contact[field])
  }
  const seen = (await sorted('last_seen_at')).map((value) => value ?? -1) as number[]
  t.same(
    seen,
    seen.toSorted((a, b) => a - b),
  )
  t.ok(seen.includes(-1) && seen.some((value) => value > 0), 'the data holds nulls and times')
  const emails = (await sorted('email')) as string[]
  t.same(emails, emails.toSorted())
})

t.test('the pages object tells page, size and totals, and no next on the last page', async (t) => {
  const { search } = await listenSimulator(t, { contacts: 20, oddities: false })
  const first = await search({ query: all, pagination: { per_page: 15 } })
  t.match(first, { total_count: 20, pages: { page: 1, per_page: 15, total_pages: 2, next: { page: 2 } } })
  const after = first.pages.next?.starting_after
  const second = await search({ query: all, pagination: { per_page: 15, starting_after: after } })
  t.same(second.pages, { type: 'pages', page: 2, per_page: 15, total_pages: 2 })
  t.equal(second.data.length, 5)
  const none = await search({ query: { ...all, operator: '<' } })
  t.match(none, { data: [], total_count: 0, pages: { total_pages: 0 } })
  t.equal((await search({ query: all, per_page: 1 })).pages.per_page, 50, 'per_page at the root counts for nothing')
})

t.test('a cursor is base64 of [milliseconds, id, page]', async (t) => {
  const { search } = await listenSimulator(t, { contacts: 20, oddities: false })
  const sort = { field: 'updated_at', order: 'ascending' }
  const page = await search({ query: all, sort, pagination: { per_page: 5 } })
  const last = page.data.at(-1)
  const cursor: unknown = JSON.parse(Buffer.from(page.pages.next?.starting_after ?? '', 'base64').toString())
  t.same(cursor, [(last?.updated_at ?? 0) * 1000, last?.id, 2])
})

t.test('a wrong page size, cursor, order or sort field is refused', async (t) => {
  const { refusal, search } = await listenSimulator(t, { contacts: 5 })
  const size = await refusal({ query: all, pagination: { per_page: 151 } })
  t.same(size, { status: 400, code: 'parameter_invalid', message: 'Per Page is too big' })
  for (const startingAfter of ['garbage', '6762f0d01bb69f9f2193bb7d', 'WzEsMl0=', 7]) {
    const pagination = { starting_after: startingAfter }
    t.match(await refusal({ query: all, pagination }), {
      status: 400,
      code: 'parameter_invalid',
      message: /starting_after/,
    })
  }
  const sort = { field: 'updated_at', order: 'desc' }
  t.match(await refusal({ query: all, sort }, '2.16'), { status: 400, code: 'invalid_sort_order', message: "'desc'" })
  t.equal((await search({ query: all, sort }, '2.14')).data.length, 30, 'older versions let it pass')
  t.match(await refusal({ query: all, sort: { field: 'mood' } }), { status: 400, code: 'invalid_field' })
})

t.test('a query is limited to two levels and fifteen filters, and must be one', async (t) => {
  const { refusal, search } = await listenSimulator(t, { contacts: 5, oddities: false })
  const group = (operator: string, ...value: object[]): object => ({ operator, value })
  const two = group('AND', group('OR', all, all), group('OR', all))
  t.equal((await search({ query: two })).total_count, 5)
  t.match(await refusal({ query: group('AND', two) }), { status: 400, message: /2 levels/ })
  t.equal((await search({ query: group('OR', ...Array(15).fill(all)) })).total_count, 5)
  t.match(await refusal({ query: group('OR', ...Array(16).fill(all)) }), { status: 400, message: /15/ })
  t.match(await refusal({ query: group('AND') }), { status: 400 })
  t.match(await refusal({}), { status: 400, code: 'parameter_not_found' })
  t.match(await refusal({ query: { field: 'mood', operator: '=', value: 1 } }), { status: 400, code: 'invalid_field' })
  for (const value of ['yesterday', '', 1.5, 1e300, null, {}]) {
    t.match(await refusal({ query: { ...all, value } }), { status: 400, code: 'parameter_invalid' })
  }
  t.match(await refusal({ query: { field: 'tag_id', operator: 'IN', value: ['1'] } }), { status: 400 })
  t.match(await refusal({ query: { field: 'role', operator: '>', value: 'user' } }), { status: 400 })
})

t.test('combined time ranges find exactly what each contact says of itself', async (t) => {
  const { walk, search } = await listenSimulator(t, { contacts: 400, oddities: false })
  const contacts: Contact[] = []
  for (const order of ['ascending', 'descending']) {
    contacts.push(...(await search({ query: all, sort: { field: 'id', order }, pagination: { per_page: 150 } })).data)
  }
  const span = { from: Date.UTC(2024, 6, 1) / 1000, to: Date.UTC(2025, 3, 1) / 1000 }
  const bound = (field: string, operator: string, value: number): object => ({ field, operator, value })
  const cases: [query: object, holds: (contact: Contact) => boolean][] = [
    [
      { operator: 'AND', value: [bound('updated_at', '>=', span.from), bound('updated_at', '<', span.to)] },
      ({ updated_at: at }) => at >= span.from && at < span.to,
    ],
    [
      { operator: 'OR', value: [bound('updated_at', '<', span.from), bound('updated_at', '>', span.to)] },
      ({ updated_at: at }) => at < span.from || at > span.to,
    ],
    [
      { operator: 'AND', value: [bound('updated_at', '>', span.from), bound('created_at', '<', span.from)] },
      (contact) => contact.updated_at > span.from && contact.created_at < span.from,
    ],
    [
      { operator: 'OR', value: [bound('updated_at', '>', span.to), { field: 'role', operator: '=', value: 'lead' }] },
      (contact) => contact.updated_at > span.to || contact.role === 'lead',
    ],
  ]
  for (const [query, holds] of cases) {
    const found = new Set(await walk({ query, sort: { field: 'updated_at', order: 'descending' } }))
    t.same(
      contacts.filter(({ id }) => found.has(id)).map(({ id }) => id),
      contacts.filter(holds).map(({ id }) => id),
    )
    t.ok(found.size > 0 && found.size < 400, 'the case tells something')
  }
})

t.test('contacts are found by text, tag, flag, domain and custom attribute', async (t) => {
  const { search } = await listenSimulator(t, { contacts: 300, oddities: false })
  const held = async (field: string, operator: string, value: unknown): Promise<Contact[]> =>
    (await search({ query: { field, operator, value }, pagination: { per_page: 150 } })).data
  const everyOne = (contacts: Contact[], holds: (contact: Contact) => boolean): boolean =>
    contacts.length > 0 && contacts.every(holds)
  t.ok(everyOne(await held('role', '!=', 'user'), ({ role }) => role === 'lead'))
  t.ok(everyOne(await held('email', '^', 'PERSON7@'), ({ email }) => email === 'person7@example-7.com'))
  t.ok(
    everyOne(await held('email_domain', '=', 'example-3.com'), ({ email }) => /@example-3\.com$/.test(String(email))),
  )
  t.ok(everyOne(await held('unsubscribed_from_emails', '=', 'true'), (c) => c.unsubscribed_from_emails === true))
  t.ok(everyOne(await held('tag_id', '=', '103'), ({ tags }) => JSON.stringify(tags).includes('"id":"103"')))
  const seats = ({ custom_attributes: attributes }: Contact): number => (attributes as { seats: number }).seats
  t.ok(everyOne(await held('custom_attributes.seats', '>', '400'), (contact) => seats(contact) > 400))
  const [some] = await held('custom_attributes.seats', '>', 0)
  t.same(
    (await held('id', 'IN', [some?.id, 'unknown'])).map(({ id }) => id),
    [some?.id],
  )
})
