import t from 'tap'
import { createManualClock } from '../support/manual-clock.ts'
import { all, setUp, unsigned, type WholeConversation } from './conversation-reader.ts'

const differences: [version: string, before: string, what: (conversation: WholeConversation) => unknown][] = [
  ['2.13', '2.12', ({ statistics }) => statistics !== null && 'handling_time' in statistics],
  ['2.13', '2.12', ({ conversation_parts: { conversation_parts: parts } }) => 'event_details' in (parts[0] ?? {})],
  ['2.14', '2.13', ({ conversation_parts: { conversation_parts: parts } }) => 'metadata' in (parts[0] ?? {})],
  ['2.15', '2.14', (conversation) => 'company' in conversation],
  ['2.16', '2.15', (conversation) => 'channel' in conversation],
  ['2.16', '2.15', ({ source }) => source !== null && 'recipients' in source],
]

t.test('versions differ in what a conversation says', async (t) => {
  const { whole, everyOne } = await setUp(t, { partsPerConversation: { from: 1, to: 4 } })
  const conversations = await everyOne()
  const id = conversations.find(({ source, statistics }) => source !== null && statistics !== null)?.id ?? ''
  for (const [since, before, what] of differences) {
    t.same([what(await whole(id, before)), what(await whole(id, since))], [false, true], `${what} since ${since}`)
  }
  const assignees = async (version: string): Promise<unknown[]> =>
    (await everyOne(version)).map((conversation) => conversation.admin_assignee_id)
  t.ok((await assignees('2.15')).includes(null) && (await assignees('2.16')).includes(0), 'nobody is 0 since 2.16')
  const states = async (version: string): Promise<string> => JSON.stringify(await everyOne(version))
  t.match(await states('2.14'), /"routed_to_team"/)
  t.match(await states('2.15'), /"escalated"/)
})

t.test('unknown and deleted conversations are not found', async (t) => {
  const { ask, workspace, search } = await setUp(t, {
    clock: createManualClock(Date.UTC(2026, 4, 1)),
    indexLagMs: 1000,
  })
  t.same(workspace.mutate({ stream: 'conversations', kind: 'delete', ids: ['5'] }), ['5'])
  for (const id of ['5', '6', 'x', '__proto__']) {
    const response = await ask(`/conversations/${id}`)
    t.equal(response.status, 404)
    t.match(await response.json(), { type: 'error.list', errors: [{ code: 'not_found' }] })
  }
  t.equal((await search({ query: all })).total_count, 60, 'search shows it until the lag is over')
})

t.test('replies, edits and redactions move the conversation', async (t) => {
  const clock = createManualClock(Date.UTC(2026, 4, 1))
  const { whole, workspace } = await setUp(t, { clock, longConversations: 1 })
  const long = { stream: 'conversations', ids: ['10000000077'] }
  const short = { stream: 'conversations', ids: ['5'] }
  const change = async (mutation: Parameters<typeof workspace.mutate>[0]) => {
    const id = mutation.ids?.[0] ?? ''
    const before = await whole(id)
    clock.advance(10_000)
    t.same(workspace.mutate(mutation), [id])
    const after = await whole(id)
    t.equal(after.updated_at, clock.now() / 1000)
    const [old, parts] = [before, after].map((one) => one.conversation_parts.conversation_parts)
    const known = new Set(old?.map((part) => JSON.stringify(unsigned(part))))
    const news = (parts ?? []).filter((part) => !known.has(JSON.stringify(unsigned(part))))
    return { before: before.conversation_parts, after: after.conversation_parts, news }
  }
  const reply = await change({ ...short, kind: 'reply' })
  t.equal(reply.after.total_count, reply.before.total_count + 1)
  t.match(reply.news, [{ created_at: clock.now() / 1000 }])
  const pushed = await change({ ...long, kind: 'reply' })
  t.same([pushed.before.total_count, pushed.after.total_count], [501, 502])
  t.same([pushed.after.conversation_parts.length, pushed.news.length], [500, 1])
  const edited = await change({ ...long, kind: 'edit' })
  t.equal(edited.after.total_count, 502)
  t.match(edited.news, [{ updated_at: clock.now() / 1000 }])
  const redacted = await change({ ...long, kind: 'redact' })
  t.match(redacted.news, [{ redacted: true, body: null, updated_at: clock.now() / 1000 }])
})
