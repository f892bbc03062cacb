import t from 'tap'
import { listenSimulator } from '../support/listening-simulator.ts'

interface List {
  data: { id: string }[]
  total_count: number
  has_more: boolean
  url: string
}

interface Contact {
  id: string
  tags: List
  notes: List
  companies: List
  opted_in_subscription_types: List
  opted_out_subscription_types: List
}

const names = ['tags', 'notes', 'companies', 'opted_in_subscription_types', 'opted_out_subscription_types'] as const

async function setUp(t: Parameters<typeof listenSimulator>[0]) {
  const simulator = await listenSimulator(t, { contacts: 3_000, tags: 30, oddities: false, rateLimitPerWindow: 1e6 })
  const contacts: Contact[] = []
  let after: string | undefined
  do {
    const page = await simulator.search({
      query: { field: 'updated_at', operator: '>', value: 0 },
      pagination: { per_page: 150, starting_after: after },
    })
    contacts.push(...(page.data as unknown as Contact[]))
    after = page.pages.next?.starting_after
  } while (after !== undefined)
  return { ...simulator, contacts }
}

t.test('a list of more than ten is completed at its own address', async (t) => {
  const { contacts, read } = await setUp(t)
  for (const name of names) {
    const contact = contacts.find((one) => one[name].has_more)
    if (contact === undefined) return t.fail(`no contact has a long list of ${name}`)
    const list = contact[name]
    t.equal(list.data.length, 10)
    const whole = await read<{ data: { id: string; consent_type?: string }[] }>(list.url)
    const type = name.startsWith('opted_in') ? 'opt_in' : 'opt_out'
    const ids = whole.data.filter(({ consent_type: consent = type }) => consent === type).map(({ id }) => id)
    t.equal(ids.length, list.total_count, name)
    t.same(
      ids.slice(0, 10),
      list.data.map(({ id }) => id),
    )
    t.equal(new Set(ids).size, ids.length)
  }
})

t.test('a short list is whole, and its address gives the same', async (t) => {
  const { contacts, read } = await setUp(t)
  for (const name of ['tags', 'notes', 'companies'] as const) {
    const contact = contacts.find((one) => one[name].total_count === 2)
    const list = contact?.[name]
    t.match(list, { has_more: false, total_count: 2 })
    const { data } = await read<{ data: { id: string }[] }>(list?.url ?? '')
    t.same(
      data.map(({ id }) => id),
      list?.data.map(({ id }) => id),
    )
  }
})

t.test('notes and companies come in pages with a URL to the next', async (t) => {
  const { contacts, read, ask } = await setUp(t)
  for (const name of ['notes', 'companies'] as const) {
    const list = contacts.find((one) => one[name].has_more)?.[name]
    const ids: string[] = []
    let path: string | undefined = `${list?.url}?per_page=4`
    while (path !== undefined) {
      const page: { data: { id: string }[]; pages: { next: string | null } } = await read(path)
      t.ok(page.data.length <= 4)
      ids.push(...page.data.map(({ id }) => id))
      const next: URL | undefined = page.pages.next === null ? undefined : new URL(page.pages.next)
      path = next && next.pathname + next.search
    }
    t.equal(ids.length, list?.total_count)
    t.equal((await ask(`${list?.url}?per_page=61`)).status, 400)
  }
})

t.test('tags have names, companies are whole, segments exist', async (t) => {
  const { contacts, read } = await setUp(t)
  const tagged = contacts.find(({ tags }) => tags.total_count > 0)
  t.match(await read(tagged?.tags.url ?? ''), { data: [{ type: 'tag', name: String, applied_at: Number }] })
  const working = contacts.find(({ companies }) => companies.total_count > 0)
  t.match(await read(working?.companies.url ?? ''), { data: [{ type: 'company', name: String, updated_at: Number }] })
  t.match(await read(`/contacts/${working?.id}/segments`), { data: [{ type: 'segment', updated_at: Number }] })
})

t.test('below an unknown contact nothing is found', async (t) => {
  const { ask } = await listenSimulator(t)
  for (const list of ['tags', 'notes', 'companies', 'subscriptions', 'segments']) {
    const response = await ask(`/contacts/6762f0d01bb69f9f2193bb7d/${list}`)
    t.equal(response.status, 404)
    t.match(await response.json(), { errors: [{ code: 'not_found', message: 'User Not Found' }] })
  }
})

t.test('below a deleted contact nothing is found, though search still shows it', async (t) => {
  const { ask, search, workspace } = await listenSimulator(t, { contacts: 3, oddities: false, indexLagMs: 60_000 })
  const [id] = workspace.mutate({ kind: 'delete' })
  const { data } = await search({ query: { field: 'updated_at', operator: '>', value: 0 } })
  t.ok(data.some((contact) => contact.id === id))
  t.equal((await ask(`/contacts/${id}/tags`)).status, 404)
})

t.test('the count of tags can be too high', async (t) => {
  const listLengths = { tags: [14, 11, 8, 0] }
  const options = { contacts: 4, tags: 20, oddities: false, removedTags: 3, listLengths }
  const { search, read } = await listenSimulator(t, options)
  const { data } = await search({ query: { field: 'updated_at', operator: '>', value: 0 } })
  const found = await Promise.all(
    (data as unknown as Contact[]).map(async ({ tags }) => {
      const whole = await read<{ data: object[] }>(tags.url)
      return [whole.data.length, tags.total_count, tags.data.length, tags.has_more]
    }),
  )
  t.same(
    found.toSorted(([one], [other]) => Number(other) - Number(one)),
    [
      [14, 17, 10, true],
      [11, 14, 10, true],
      [8, 11, 8, true],
      [0, 0, 0, false],
    ],
  )
})

t.test('the tags of a contact take another permission than the contact', async (t) => {
  const accessTokens = { 'simulator-token': ['read_tags'] }
  const { search, ask } = await listenSimulator(t, { contacts: 1, oddities: false, accessTokens })
  const { data } = await search({ query: { field: 'updated_at', operator: '>', value: 0 } })
  t.equal((await ask(`/contacts/${data[0]?.id}/tags`)).status, 403)
  t.equal((await ask(`/contacts/${data[0]?.id}/notes`)).status, 200)
})

t.test('the truth asks for whole lists, unless it is told that ten items will do', async (t) => {
  const { read, ask } = await listenSimulator(t, {
    contacts: 1,
    tags: 20,
    oddities: false,
    listLengths: { tags: [11] },
  })
  const { data } = await read<{ data: Contact[] }>('/contacts/search', {
    body: { query: { field: 'updated_at', operator: '>', value: 0 } },
  })
  t.equal(data[0]?.tags.total_count, 11)
  const truth = async (query: string) => {
    const response = await ask(`/_simulator/truth?streams=contacts${query}`)
    return JSON.parse(await response.text()) as { sha256: string; or?: string[] }
  }
  const strict = await truth('')
  t.equal(strict.or, undefined)
  t.same(await truth('&completeLists=true'), strict)
  t.match(await truth('&completeLists=false'), { sha256: strict.sha256, or: [/^[0-9a-f]{64}$/] })
})
