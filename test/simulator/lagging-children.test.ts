import t from 'tap'
import { listenSimulator } from '../support/listening-simulator.ts'
import { createManualClock } from '../support/manual-clock.ts'

const start = Date.UTC(2026, 4, 1, 12)
const lag = 120_000
const small = { contacts: 5, conversations: 20, companies: 30, segments: 4, oddities: false, indexLagMs: lag }

t.test('below a deleted record nothing is owed from then on, though searches show it for a while', async (t) => {
  const clock = createManualClock(start)
  const { workspace, ask } = await listenSimulator(t, { ...small, clock })
  const endOf = (stream: string, id: string | undefined): unknown[] => [
    ...new Set(
      [...workspace.truth({ streams: [stream] })]
        .filter(({ parentId }) => parentId === id)
        .map(({ visibleUntil }) => visibleUntil),
    ),
  ]
  const withParts = [...workspace.truth({ streams: ['conversation_parts'] })][0]?.parentId ?? ''
  const withSegments = [...workspace.truth({ streams: ['company_segments'] })][0]?.parentId ?? ''
  t.same([endOf('conversation_parts', withParts), endOf('company_segments', withSegments)], [[null], [null]])
  workspace.mutate({ stream: 'conversations', kind: 'delete', ids: [withParts] })
  workspace.mutate({ stream: 'companies', kind: 'delete', ids: [withSegments] })
  t.equal((await ask(`/conversations/${withParts}`)).status, 404)
  t.equal((await ask(`/companies/${withSegments}/segments`)).status, 404)
  t.same([endOf('conversation_parts', withParts), endOf('company_segments', withSegments)], [[start], [start]])
  const [conversation] = [...workspace.truth({ streams: ['conversations'] })].filter(({ id }) => id === withParts)
  t.equal(conversation?.visibleUntil, start + lag, 'the conversation itself is still to be had')
})

t.test('a deleted segment has no contacts from then on, though its list shows it for a while', async (t) => {
  const clock = createManualClock(start)
  const { workspace, read, search } = await listenSimulator(t, { ...small, clock })
  const [segment] = workspace.collection('segments').latest()
  const id = segment?.plan.id ?? ''
  const membersOf = async (operator: string) => {
    const { data } = await search({ query: { field: 'segment_id', operator, value: id } })
    return data.map((contact) => contact.id)
  }
  const lines = () => [...workspace.truth({ streams: ['contact_segments'] })].filter(({ parentId }) => parentId === id)
  const members = await membersOf('=')
  t.ok(members.length > 0)
  t.same(
    lines().map((line) => line.id.split(' ')[0]),
    members,
  )
  workspace.mutate({ stream: 'segments', kind: 'delete', ids: [id] })
  const { segments } = await read<{ segments: { id: string }[] }>('/segments')
  t.ok(segments.some((listed) => listed.id === id))
  t.same(await membersOf('='), [])
  t.equal((await membersOf('!=')).length, small.contacts)
  t.same(
    lines().map(({ visibleUntil }) => visibleUntil),
    members.map(() => start),
  )
})

t.test('a segment that changes below a company that does not may be what it was before', async (t) => {
  const clock = createManualClock(start)
  const { workspace } = await listenSimulator(t, { ...small, clock, indexLagMs: 0 })
  const [before] = [...workspace.truth({ streams: ['company_segments'] })]
  const [company = '', segment = ''] = before?.id.split(' ') ?? []
  const latest = () => [...workspace.truth({ streams: ['company_segments'] })].findLast(({ id }) => id === before?.id)
  workspace.mutate({ stream: 'segments', kind: 'update', ids: [segment] })
  t.not(latest()?.sha256, before?.sha256)
  t.ok(latest()?.or?.includes(before?.sha256 ?? ''))
  workspace.mutate({ stream: 'companies', kind: 'visit', ids: [company] })
  t.ok(latest()?.or?.includes(before?.sha256 ?? ''), 'a visit is no change to go by')
  clock.advance(60_000)
  workspace.mutate({ stream: 'companies', kind: 'update', ids: [company] })
  workspace.mutate({ stream: 'companies', kind: 'visit', ids: [company] })
  t.notOk(latest()?.or?.includes(before?.sha256 ?? ''), 'once the company has moved, all of it must be new')
})

t.test(
  'a segment that had changed before its company left it was to be had, though no list showed it yet',
  async (t) => {
    const clock = createManualClock(start)
    const { workspace } = await listenSimulator(t, { ...small, clock, indexLagMs: 60_000 })
    const texts = () => [...workspace.truth({ streams: ['company_segments'] })]
    const [before] = texts()
    const [company = '', segment = ''] = before?.id.split(' ') ?? []
    const changed = () => texts().filter(({ id, sha256 }) => id === before?.id && sha256 !== before?.sha256)
    t.same(changed(), [])
    workspace.mutate({ stream: 'segments', kind: 'update', ids: [segment] })
    clock.advance(10_000)
    workspace.mutate({ stream: 'companies', kind: 'leave', ids: [company], segment })
    t.match(changed(), [{ visibleUntil: start + 10_000 }])
  },
)

t.test('lists read after a contact has changed stay right once it is deleted', async (t) => {
  const clock = createManualClock(start)
  const listLengths = { notes: [12] }
  const { workspace } = await listenSimulator(t, { ...small, clock, listLengths })
  const [contact] = [...workspace.truth({ streams: ['contacts'] })]
  const id = contact?.id ?? ''
  const first = () => [...workspace.truth({ streams: ['contacts'] })].find((line) => line.id === id)
  workspace.mutate({ kind: 'update', ids: [id] })
  const { sha256, or = [] } = first() ?? {}
  t.equal(or.length, 1, 'the lists of the revision that search does not show yet')
  workspace.mutate({ kind: 'delete', ids: [id] })
  t.equal(first()?.sha256, sha256)
  t.same(first()?.or?.slice(0, 1), or)
})

t.test('a part that newer ones push out is gone at once, though search shows its conversation as it was', async (t) => {
  const clock = createManualClock(start)
  const { workspace } = await listenSimulator(t, { ...small, clock, longConversations: 1 })
  const partsOf = (parent: string) =>
    [...workspace.truth({ streams: ['conversation_parts'] })].filter(({ parentId }) => parentId === parent)
  const parents = new Set([...workspace.truth({ streams: ['conversations'] })].map(({ id }) => id))
  const long = [...parents].find((id) => partsOf(id).length === 500) ?? ''
  const [oldest, next] = partsOf(long)
  workspace.mutate({ stream: 'conversations', kind: 'reply', ids: [long] })
  const endsOf = (part: string | undefined) =>
    partsOf(long).flatMap(({ id, visibleUntil }) => (id === part ? [visibleUntil] : []))
  t.same([...new Set(endsOf(oldest?.id))], [start], 'with the version before the reply and with the one after it')
  t.same(endsOf(next?.id), [start + lag, null], 'the others go on with the next version of their conversation')
})

t.test('a segment that a company has joined is known as it was then, before any list shows it', async (t) => {
  const clock = createManualClock(start)
  const { workspace } = await listenSimulator(t, { ...small, clock })
  const segments = workspace.collection('segments').latest()
  const company = workspace
    .collection('companies')
    .latest()
    .find(({ plan }) => workspace.companies.deletion(plan) === undefined)
  const joined = segments.find(({ plan }) => !company?.plan.segments?.includes(plan.id))?.plan.id ?? ''
  const id = company?.plan.id ?? ''
  workspace.mutate({ stream: 'companies', kind: 'join', ids: [id], segment: joined })
  clock.advance(10_000)
  workspace.mutate({ stream: 'segments', kind: 'update', ids: [joined] })
  const times = [...workspace.truth({ streams: ['company_segments'] })]
    .filter((line) => line.id === `${id} ${joined}`)
    .map(({ visibleFrom, visibleUntil }) => [visibleFrom, visibleUntil])
  t.same(times, [
    [start, start],
    [start + lag, null],
  ])
})

t.test('each list of a contact that changes while its lists are read may be the older or the newer one', async (t) => {
  const clock = createManualClock(start)
  const listLengths = { notes: [12], tags: [11] }
  const { workspace } = await listenSimulator(t, { ...small, clock, tags: 20, listLengths })
  const [contact] = [...workspace.truth({ streams: ['contacts'] })]
  workspace.mutate({ kind: 'update', ids: [contact?.id ?? ''] })
  const first = [...workspace.truth({ streams: ['contacts'] })].find(({ id }) => id === contact?.id)
  t.equal(new Set([first?.sha256, ...(first?.or ?? [])]).size, 4)
})
