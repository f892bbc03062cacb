import t from 'tap'
import { checkMessages } from '../../simulator/oracle/check-messages.ts'
import type { Report } from '../../simulator/oracle/report.ts'
import { streamNames } from '../../simulator/records/streams.ts'
import type { TruthOptions } from '../../simulator/truth/truth.ts'
import { type ListeningSimulator, listenSimulator } from '../support/listening-simulator.ts'
import { createManualClock } from '../support/manual-clock.ts'
import { ndjson } from '../support/oracle-logs.ts'
import { type Delivered, logOf, readFaithfully } from './faithful-sync.ts'

const start = Date.UTC(2026, 4, 1, 12)
const small = {
  contacts: 300,
  tags: 20,
  companies: 90,
  conversations: 60,
  longConversations: 1,
  oddities: false,
  rateLimitPerWindow: 1e6,
}

async function setUp(t: Parameters<typeof listenSimulator>[0], options = {}) {
  const clock = createManualClock(start)
  return { clock, ...(await listenSimulator(t, { ...small, clock, ...options })) }
}

const judge = (simulator: ListeningSimulator, delivered: Delivered, options: TruthOptions = {}): Promise<Report> =>
  checkMessages(ndjson(logOf(delivered)), simulator.workspace.truth({ completeLists: false, ...options }), {
    expectStreams: [...streamNames],
  })

/** The faults found when one record of a stream is replaced. */
async function faultsOf(
  simulator: ListeningSimulator,
  delivered: Delivered,
  stream: string,
  change: (text: string) => string[],
  place = 0,
): Promise<string[]> {
  const records = delivered.get(stream) ?? []
  const changed = records.flatMap((text, at) => (at === place ? change(text) : [text]))
  const { faults } = await judge(simulator, new Map(delivered).set(stream, changed))
  return faults.map((fault) => `${fault.kind} ${fault.stream} ${fault.count}`)
}

for (const version of ['2.11', '2.14', '2.16']) {
  t.test(`what ${version} serves, read the plain way, is the truth of a whole workspace`, async (t) => {
    const simulator = await setUp(t)
    const delivered = await readFaithfully(simulator, version)
    t.same([...delivered.keys()].sort(), [...streamNames].sort())
    const report = await judge(simulator, delivered, { version })
    t.same(report.faults, [])
    for (const { setHash, truthHash, records } of Object.values(report.streams)) {
      t.equal(setHash, truthHash)
      t.ok(records > 0)
    }
  })
}

t.test('the truth of another version is another one', async (t) => {
  const simulator = await setUp(t)
  const report = await judge(simulator, await readFaithfully(simulator, '2.14'), { version: '2.11' })
  const wrong = report.faults.filter(({ kind }) => kind === 'stale').map(({ stream }) => stream)
  t.same(wrong.sort(), ['admins', 'conversation_parts', 'conversations', 'teams'])
})

t.test('a child without its parent, of the wrong one, or with a time it never had is found', async (t) => {
  const simulator = await setUp(t)
  const delivered = await readFaithfully(simulator)
  const found = (stream: string, from: RegExp, to: string): Promise<string[]> =>
    faultsOf(simulator, delivered, stream, (text) => [text.replace(from, to)])
  t.same(await found('conversation_parts', /"conversation_id":"\d+",/, ''), ['wrong_parent conversation_parts 1'])
  t.same(await found('conversation_parts', /"conversation_id":"\d+"/, '"conversation_id":"1"'), [
    'wrong_parent conversation_parts 1',
  ])
  t.same(await found('conversation_parts', /"conversation_id":"(\d+)"/, '"conversation_id":$1'), [], 'a number will do')
  t.same(await found('conversation_parts', /"parent_updated_at":\d+/, '"parent_updated_at":7'), [
    'wrong_parent conversation_parts 1',
  ])
  t.same(await found('company_segments', /"parent_updated_at":\d+,/, ''), ['wrong_parent company_segments 1'])
  t.same(await found('company_segments', /("parent_updated_at":\d+),("company_id":"\w+")/, '$2,$1'), [], 'any order')
})

t.test('a record that is absent, changed or twice is found in every stream', async (t) => {
  const simulator = await setUp(t)
  const delivered = await readFaithfully(simulator)
  for (const stream of streamNames) {
    t.same(await faultsOf(simulator, delivered, stream, () => []), [`missing ${stream} 1`])
    t.same(await faultsOf(simulator, delivered, stream, (text) => [text, text]), [`duplicate ${stream} 1`])
    const changed = await faultsOf(simulator, delivered, stream, (text) => [text.replace(/\}$/, ',"more":1}')])
    t.same(changed, [`unexpected ${stream} 1`, `stale ${stream} 1`])
  }
})

t.test('addresses signed anew are no change, other addresses are', async (t) => {
  const simulator = await setUp(t)
  const [first, second] = [await readFaithfully(simulator), await readFaithfully(simulator)]
  for (const stream of ['conversations', 'conversation_parts']) {
    t.not(first.get(stream)?.join(), second.get(stream)?.join(), 'no two reads are alike')
  }
  t.same((await judge(simulator, second)).faults, [])
  const place = (first.get('conversation_parts') ?? []).findIndex((text) => text.includes('signature='))
  const moved = (text: string): string[] => [text.replace('/receipt.png?', '/other.png?')]
  t.same(await faultsOf(simulator, first, 'conversation_parts', moved, place), [
    'unexpected conversation_parts 1',
    'stale conversation_parts 1',
  ])
})

t.test('a member that comes only when asked for may be there', async (t) => {
  const simulator = await setUp(t)
  const delivered = await readFaithfully(simulator)
  const { segments } = await simulator.read<{ segments: object[] }>('/segments?include_count=true')
  const { admins } = await simulator.read<{ admins: object[] }>('/admins?display_avatar=true', { version: '2.16' })
  const more = new Map(delivered)
    .set(
      'segments',
      segments.map((segment) => JSON.stringify(segment)),
    )
    .set(
      'admins',
      admins.map((admin) => JSON.stringify(admin)),
    )
  t.not(more.get('segments')?.[0], delivered.get('segments')?.[0])
  const report = await judge(simulator, more)
  t.same(report.faults, [])
  t.equal(report.streams.segments?.setHash, report.streams.segments?.truthHash)
  const { data } = await simulator.read<{ data: { id?: unknown }[] }>(
    '/data_attributes?model=company&include_archived=true',
  )
  const archived = new Map(delivered).set(
    'company_attributes',
    data.map((attribute) => JSON.stringify(attribute)),
  )
  t.ok(data.length > (delivered.get('company_attributes')?.length ?? 0))
  t.same((await judge(simulator, archived)).faults, [])
})

t.test('after changes everywhere the newest is required, and what has ended is not', async (t) => {
  const simulator = await setUp(t)
  const { workspace, clock } = simulator
  const before = await readFaithfully(simulator)
  clock.advance(60_000)
  for (const stream of streamNames.filter((name) => !/_parts$|_segments$/.test(name))) {
    for (const kind of ['update', 'create', 'delete'] as const) workspace.mutate({ stream, kind, count: 3 })
  }
  for (const kind of ['reply', 'edit', 'redact'] as const) {
    workspace.mutate({ stream: 'conversations', kind, count: 5 })
    clock.advance(1_000)
  }
  for (const kind of ['join', 'leave'] as const) workspace.mutate({ stream: 'companies', kind, count: 10 })
  clock.advance(60_000)
  t.same((await judge(simulator, await readFaithfully(simulator))).faults, [])

  const { faults } = await judge(simulator, before)
  const kinds = (stream: string): string[] => faults.filter((fault) => fault.stream === stream).map(({ kind }) => kind)
  t.same(kinds('conversation_parts'), ['missing', 'stale'], 'new parts, and parts edited')
  t.ok(kinds('company_segments').includes('missing'))
  t.notOk(
    faults.some(({ kind }) => kind === 'unexpected' || kind === 'wrong_parent'),
    'all of it was true once',
  )
})

t.test('the lower bound of children is that of their parents', async (t) => {
  const simulator = await setUp(t)
  const { workspace, clock } = simulator
  clock.advance(60_000)
  const since = clock.now() / 1000
  const replied = workspace.mutate({ stream: 'conversations', kind: 'reply', count: 3 })
  const joined = workspace.mutate({ stream: 'companies', kind: 'join', count: 3 })
  const delivered = await readFaithfully(simulator)
  const changed = (stream: string, member: string, ids: string[]): string[] =>
    (delivered.get(stream) ?? []).filter((text) =>
      ids.includes(String((JSON.parse(text) as Record<string, unknown>)[member])),
    )
  const news: Delivered = new Map([
    ['conversations', changed('conversations', 'id', replied)],
    ['conversation_parts', changed('conversation_parts', 'conversation_id', replied)],
    ['companies', changed('companies', 'id', joined)],
    ['company_segments', changed('company_segments', 'company_id', joined)],
  ])
  const check = (log: Delivered): Promise<Report> =>
    checkMessages(ndjson(logOf(log)), workspace.truth({ completeLists: false }), { lowerBound: since })
  t.same((await check(news)).faults, [], 'all parts of what moved, though most are older')
  const less = new Map(news).set('conversation_parts', (news.get('conversation_parts') ?? []).slice(1))
  t.match((await check(less)).faults, [{ kind: 'missing', stream: 'conversation_parts', count: 1 }])
  const more = new Map(news).set('conversation_parts', delivered.get('conversation_parts') ?? [])
  t.match((await check(more)).faults, [{ kind: 'unexpected', stream: 'conversation_parts' }])
})

t.test('which members change their type is an option', async (t) => {
  const simulator = await setUp(t)
  const delivered = await readFaithfully(simulator)
  const { conversations } = await simulator.read<{ conversations: object[] }>('/conversations/search', {
    version: '2.16',
    body: { query: { field: 'updated_at', operator: '>', value: 0 }, pagination: { per_page: 150 } },
  })
  const untouched = new Map(delivered).set(
    'conversations',
    conversations.map((one) => JSON.stringify(one)),
  )
  t.same((await judge(simulator, untouched, { retyped: { conversations: {} } })).faults, [])
  t.match((await judge(simulator, untouched)).faults, [{ kind: 'unexpected' }, { kind: 'stale' }])
})

t.test('a list of more than ten may be cut or whole, but not otherwise', async (t) => {
  const simulator = await setUp(t, { contacts: 1_500 })
  const delivered = await readFaithfully(simulator)
  const contacts = (delivered.get('contacts') ?? []).map((text) => JSON.parse(text) as LongTags)
  const place = contacts.findIndex(({ tags }) => tags.has_more)
  const contact = contacts[place]
  if (contact === undefined) return t.fail('no contact has a long list')
  const { data } = await simulator.read<{ data: { id: string }[] }>(`/contacts/${contact.id}/tags`)
  t.equal(data.length, contact.tags.total_count)
  const whole = data.map(({ id }) => ({ type: 'tag', id, url: `/tags/${id}` }))
  const withTags = (tags: object[]): string[] => [
    JSON.stringify({ ...contact, tags: { ...contact.tags, data: tags, has_more: false } }),
  ]
  const found = (tags: object[]): Promise<string[]> =>
    faultsOf(simulator, delivered, 'contacts', () => withTags(tags), place)
  t.same(await found(whole), [])
  t.same(await found(whole.toReversed()), [], 'in any order')
  const wrong = ['unexpected contacts 1', 'stale contacts 1']
  t.same(await found(data), wrong, 'not in the form of the endpoint')
  t.same(await found(contact.tags.data), wrong, 'not cut and said to be whole')
  t.same(await found(whole.slice(1)), wrong)
  const strict = await judge(simulator, delivered, { completeLists: true })
  t.ok(strict.faults.some(({ kind, stream }) => kind === 'stale' && stream === 'contacts'))
})

interface LongTags {
  id: string
  tags: { data: object[]; has_more: boolean; total_count: number }
}
