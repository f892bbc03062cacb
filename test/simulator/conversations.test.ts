import t from 'tap'
import { all, type Conversation, type Part, setUp, unsigned } from './conversation-reader.ts'

t.test('a walk gives every conversation once, without parts, newest first unless asked otherwise', async (t) => {
  const { search } = await setUp(t)
  const seen: Conversation[] = []
  let after: string | undefined
  do {
    const page = await search({ query: all, pagination: { per_page: 7, starting_after: after } })
    t.match(page, { type: 'conversation.list', total_count: 60, pages: { per_page: 7, total_pages: 9 } })
    seen.push(...page.conversations)
    after = page.pages.next?.starting_after
  } while (after !== undefined)
  t.equal(new Set(seen.map(({ id }) => id)).size, 60)
  const times = seen.map((conversation) => conversation.updated_at)
  t.same(
    times,
    times.toSorted((one, other) => other - one),
  )
  t.notOk(seen.some((conversation) => 'conversation_parts' in conversation))
  t.equal((await search({ query: all })).pages.per_page, 20)
})

t.test('ids are numeric texts of different lengths', async (t) => {
  const { everyOne } = await setUp(t)
  const ids = (await everyOne()).map(({ id }) => id)
  t.ok(ids.every((id) => /^[1-9]\d*$/.test(id)))
  t.ok(ids.includes('5'))
  t.same(
    [...new Set(ids.map(({ length }) => length))].sort((one, other) => one - other),
    [1, 2, 9, 11, 15],
  )
})

t.test('times are compared by the second in every version', async (t) => {
  const { search, everyOne } = await setUp(t)
  const times = (await everyOne()).map((conversation) => conversation.updated_at).toSorted((a, b) => a - b)
  const middle = times[30] ?? 0
  const cases: [operator: string, holds: (time: number) => boolean][] = [
    ['>', (time) => time > middle],
    ['<', (time) => time < middle],
    ['>=', (time) => time >= middle],
    ['<=', (time) => time <= middle],
    ['=', (time) => time === middle],
    ['!=', (time) => time !== middle],
  ]
  for (const version of ['2.11', '2.16', '2.17']) {
    for (const [operator, holds] of cases) {
      const { total_count: total } = await search({ query: { ...all, operator, value: String(middle) } }, version)
      t.equal(total, times.filter(holds).length, `${operator} in ${version}`)
    }
  }
})

t.test('bounds may be inclusive, as the documents say', async (t) => {
  const { search, everyOne } = await setUp(t, { inclusiveBounds: true })
  const times = (await everyOne()).map((conversation) => conversation.updated_at)
  const bound = times[20] ?? 0
  const found = async (operator: string): Promise<number> =>
    (await search({ query: { ...all, operator, value: bound } })).total_count
  t.equal(await found('>'), times.filter((time) => time >= bound).length)
  t.equal(await found('<'), times.filter((time) => time <= bound).length)
})

t.test('conversations are found by state, tag, assignee and rating, and by nothing unknown', async (t) => {
  const { search, ask } = await setUp(t)
  const found = async (field: string, operator: string, value: unknown): Promise<Conversation[]> =>
    (await search({ query: { field, operator, value }, pagination: { per_page: 150 } })).conversations
  const open = await found('open', '=', 'true')
  t.ok(open.length > 0 && open.every((conversation) => conversation.open === true))
  const tagged = await found('tag_ids', '=', '102')
  t.ok(tagged.length > 0 && tagged.every((conversation) => JSON.stringify(conversation.tags).includes('"102"')))
  const long = await found('statistics.count_conversation_parts', '>', 5)
  t.ok(long.length > 0 && long.every(({ statistics }) => (statistics?.count_conversation_parts ?? 0) > 5))
  const wrong = await ask('/conversations/search', { body: { query: { field: 'mood', operator: '=', value: 1 } } })
  t.equal(wrong.status, 400)
  const big = await ask('/conversations/search', { body: { query: all, pagination: { per_page: 151 } } })
  t.match(await big.json(), { errors: [{ code: 'parameter_invalid', message: 'Per Page is too big' }] })
})

t.test('a single conversation is the one of the search with its parts', async (t) => {
  const { whole, everyOne } = await setUp(t)
  for (const found of await everyOne()) {
    const { conversation_parts: parts, ...rest } = await whole(found.id)
    t.same(unsigned(rest), unsigned(found))
    t.match(parts, { type: 'conversation_part.list', total_count: parts.conversation_parts.length })
    const newest = Math.max(found.created_at, ...parts.conversation_parts.map((part) => part.updated_at))
    t.equal(parts.total_count === 0 || newest === found.updated_at, true)
    if (found.statistics !== null) t.equal(found.statistics.count_conversation_parts, parts.total_count + 1)
  }
})

t.test('parts are as varied as live ones', async (t) => {
  const { whole, everyOne } = await setUp(t, { conversations: 80, partsPerConversation: { from: 5, to: 30 } })
  const conversations = await everyOne()
  const parts: Part[] = []
  for (const { id } of conversations) parts.push(...(await whole(id)).conversation_parts.conversation_parts)
  const some: Record<string, (part: Part) => boolean> = {
    'a number as id': ({ id }) => typeof id === 'number',
    'an event without a body': ({ part_type: type, body }) => type === 'snoozed' && body === null,
    'a bot as author': ({ author }) => author.type === 'bot',
    'a redacted one': ({ redacted, body }) => redacted && body === null,
    'one changed after it was written': (part) => part.updated_at > part.created_at,
    'one with a file': ({ attachments }) => attachments.length > 0,
  }
  for (const [what, holds] of Object.entries(some)) t.ok(parts.some(holds), what)
  t.equal(new Set(parts.map(({ id }) => String(id))).size, parts.length, 'ids are unique in the workspace')
  t.ok(conversations.some(({ source }) => source === null))
  for (const member of ['admin_assignee_id', 'team_assignee_id']) {
    const types = new Set(conversations.map((conversation) => typeof conversation[member]))
    t.same([...types].sort(), ['number', 'string'], member)
  }
})

t.test('of a long conversation only the newest 500 parts can be had', async (t) => {
  const { whole, workspace } = await setUp(t, { conversations: 160, longConversations: 4 })
  const lengths: number[] = []
  for (const { plan } of workspace.collection('conversations').latest()) {
    const { conversation_parts: list, statistics } = await whole(plan.id)
    const ids = list.conversation_parts.map((part) => Number(part.id))
    if (ids.length < 500) continue
    lengths.push(list.total_count)
    t.equal(ids.length, 500)
    t.equal((ids.at(-1) ?? 0) % 100_000, list.total_count - 1, 'the newest is there')
    if (statistics !== null) t.equal(statistics.count_conversation_parts, list.total_count + 1)
  }
  t.same(lengths, [501, 640, 500, 777])
})

t.test('addresses of files are signed with every read, and display_as changes nothing', async (t) => {
  const { ask, whole, everyOne } = await setUp(t, { partsPerConversation: { from: 5, to: 9 } })
  const [some] = (await everyOne()).slice(0, 1)
  const id = some?.id ?? ''
  const urls = async (): Promise<string[]> =>
    (await whole(id)).conversation_parts.conversation_parts.flatMap(({ attachments }) =>
      attachments.map(({ url }) => url),
    )
  const [first, second] = [await urls(), await urls()]
  t.ok(first.length > 0)
  first.forEach((url, place) => {
    t.not(url, second[place])
    t.equal(url.split('?')[0], second[place]?.split('?')[0])
  })
  const plain = await (await ask(`/conversations/${id}?display_as=plaintext`, { version: '2.16' })).json()
  t.same(unsigned(plain as object), unsigned(await whole(id)))
})
