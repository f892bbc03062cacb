import t, { type Test } from 'tap'
import type { Fault } from '../../simulator/faults/fault.ts'
import { editAnswers } from '../support/edited-answers.ts'
import { collectSync, contactsOf, judge, parseLines, recordsOf } from '../support/engine.ts'
import { listenSimulator } from '../support/listening-simulator.ts'

const streams = ['contacts']
const path = '/contacts/:id/tags'
const empty: Fault = { match: { path }, body: { type: 'list', data: [] } }

/** One contact with 25 tags, ten of which the search shows. */
async function setUp(t: Test, faults: Fault[]) {
  const simulator = await listenSimulator(t, { contacts: 20, tags: 30, oddities: false, listLengths: { tags: [25] } })
  simulator.faults.next(faults)
  const { messages, outcome } = await collectSync({ baseUrl: simulator.url, streams })
  const contacts = contactsOf(messages) as { id: string; tags: { data: object[]; total_count: number } }[]
  const long = contacts.find(({ tags }) => tags.total_count === 25)
  const warnings = parseLines(messages).flatMap(({ log }) => (log?.level === 'WARN' ? [log.message] : []))
  const asked = simulator.requests.totals.byPath[path]
  const { faults: told } = await judge(simulator, messages)
  return { outcome, warnings, asked, told, id: long?.id, tags: long?.tags.data ?? [] }
}

const tag = (id: number) => ({ type: 'tag', id: String(id) })
const tooFew = { type: 'list', data: [1, 2, 3].map(tag) }
const lessThanItCounts = { type: 'list', data: Array.from({ length: 12 }, (_, id) => tag(id)), total_count: 25 }

for (const body of [empty.body, tooFew, lessThanItCounts])
  for (const repeat of [1, 2])
    t.test(`a list that contradicts what was shown is asked again: ${JSON.stringify(body)}, ${repeat}`, async (t) => {
      const { outcome, warnings, asked, told } = await setUp(t, [{ ...empty, body, repeat }])
      t.equal(outcome?.failure, undefined)
      t.same([told, warnings], [[], []])
      t.equal(asked, repeat + 1)
    })

t.test('a list that stays so is believed, and told with figures', async (t) => {
  for (const [body, came, figures] of [
    [empty.body, 0, 'tags: 0 of at least 10'],
    [tooFew, 3, 'tags: 3 of at least 10'],
    [lessThanItCounts, 12, '/contacts/{id}/tags: 12 of 25'],
  ] as const) {
    const { outcome, warnings, asked, id, tags } = await setUp(t, [{ ...empty, body, repeat: 10 }])
    t.equal(outcome?.failure, undefined)
    t.equal(tags.length, came)
    t.equal(asked, 3)
    t.equal(warnings.length, 1)
    t.ok(warnings[0]?.includes(`lists of ${id} `) && warnings[0].includes(figures), warnings[0] ?? 'none')
  }
})

t.test('segments that are fewer than their company shows are asked for again', async (t) => {
  const match = { path: '/companies/:id/segments' }
  for (const [repeat, isTold] of [
    [1, false],
    [3, true],
  ] as const) {
    const simulator = await listenSimulator(t, { contacts: 0, companies: 1, seed: 4, oddities: false })
    const { segments = [] } = simulator.workspace.collection('companies').latest()[0]?.plan ?? {}
    simulator.faults.next([{ match, repeat, body: { type: 'list', data: [] } }])
    const { messages } = await collectSync({ baseUrl: simulator.url, streams: ['company_segments'] })
    const warnings = parseLines(messages).filter(({ log }) => log?.level === 'WARN')
    t.ok(segments.length > 0)
    t.equal(recordsOf(messages, 'company_segments').length, isTold ? 0 : segments.length)
    t.equal(warnings.filter(({ log }) => log.message.includes(`has ${segments.length}`)).length, isTold ? 1 : 0)
  }
})

t.test('parts that are fewer than their conversation counts are asked for again', async (t) => {
  for (const [repeat, isTold] of [
    [1, false],
    [3, true],
  ] as const) {
    const partsPerConversation = { from: 4, to: 5 }
    const simulator = await listenSimulator(t, { contacts: 0, conversations: 3, partsPerConversation, oddities: false })
    const request = { baseUrl: simulator.url, streams: ['conversation_parts'] }
    const whole = recordsOf((await collectSync(request)).messages, 'conversation_parts')
    const id = String(whole[0]?.conversation_id)
    const partsOf = (parts: typeof whole) => parts.filter(({ conversation_id: parent }) => parent === id).length
    const count = 1 + partsOf(whole)
    const body = {
      type: 'conversation',
      id,
      statistics: { count_conversation_parts: count },
      conversation_parts: { type: 'conversation_part.list', conversation_parts: [], total_count: 0 },
    }
    simulator.faults.next([{ match: { path: `/conversations/${id}` }, repeat, body }])
    const { messages } = await collectSync(request)
    const warnings = parseLines(messages).filter(({ log }) => log?.level === 'WARN')
    t.equal(partsOf(recordsOf(messages, 'conversation_parts')), isTold ? 0 : count - 1)
    t.ok(count > 3)
    t.equal(warnings.filter(({ log }) => log.message.includes(`${id} has ${count - 1}`)).length, isTold ? 1 : 0)
  }
})

t.test('a counter that is of another kind than the parts is soon not asked about any more', async (t) => {
  const simulator = await listenSimulator(t, { contacts: 0, conversations: 300, oddities: false, longConversations: 0 })
  const baseUrl = await editAnswers(t, simulator, ({ path, body }) => {
    if (!/^\/conversations\/\d+$/.test(path)) return {}
    const conversation = JSON.parse(body) as { statistics: object | null }
    return { body: JSON.stringify({ ...conversation, statistics: { count_conversation_parts: 400 } }) }
  })
  const { messages } = await collectSync({ baseUrl, streams: ['conversation_parts'] })
  t.ok(recordsOf(messages, 'conversation_parts').length > 600)
  const asked = simulator.requests.totals.byPath['/conversations/:id'] ?? 0
  t.ok(asked > 300 && asked < 400, `${asked} requests for 300 conversations`)
})
