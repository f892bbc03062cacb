import t from 'tap'
import { deliveredText } from '../../simulator/records/delivered-text.ts'
import { listenSimulator } from '../support/listening-simulator.ts'

t.test('hostile texts are served as they are, inside valid JSON', async (t) => {
  const { ask } = await listenSimulator(t, { contacts: 0 })
  const body = { query: { field: 'updated_at', operator: '>', value: 0 }, pagination: { per_page: 150 } }
  const text = await (await ask('/contacts/search', { body, version: '2.17' })).text()
  const page = JSON.parse(text) as { data: { custom_attributes: object }[]; total_count: number }
  t.equal(page.data.length, page.total_count)
  const parts = [
    '"account":12345678901234567890',
    '"price":1.10',
    '"huge":1e400',
    '"zero":-0,',
    '"__proto__":{',
    '"constructor":{',
    '"cut \\ud83d"',
    '"\\uDE00 cut"',
    '\\ud83d\\ude00',
    '\\\\ud83d',
    'a\\u0000b',
    'one\u2028two',
    '"twice":1,"twice":2',
    '"\\u006eame":"n"',
    '\\"data\\":[{',
    '👩‍👩‍👧‍👦',
    '"owner_id":12345678901234567890',
  ]
  t.same(
    parts.filter((part) => !text.includes(part)),
    [],
    'none of these is absent',
  )
  t.ok(page.data.some(({ custom_attributes: attributes }) => JSON.stringify(attributes).length > 100_000))
  t.ok(text.includes('[{"in":'.repeat(50)))
  t.notOk(text.includes('\n'))
})

t.test('a delivered text has lone surrogates replaced and nothing else', async (t) => {
  const cases: [served: string, delivered: string][] = [
    ['{"a":"\\ud83d"}', '{"a":"\\ufffd"}'],
    ['{"a":"\\uDE00x"}', '{"a":"\\ufffdx"}'],
    ['{"a":"\\ude00\\ud83d"}', '{"a":"\\ufffd\\ufffd"}'],
    ['{"a":"\\ud83d\\ud83d\\ude00"}', '{"a":"\\ufffd\\ud83d\\ude00"}'],
    ['{"\\ud83d":1}', '{"\\ufffd":1}'],
    ['{"a":"\\ud83d\\ude00"}', '{"a":"\\ud83d\\ude00"}'],
    ['{"a":"\\\\ud83d"}', '{"a":"\\\\ud83d"}'],
    ['{"a":"\\\\\\ud83d"}', '{"a":"\\\\\\ufffd"}'],
    ['{"a":"\\ud83d\\\\ude00"}', '{"a":"\\ufffd\\\\ude00"}'],
  ]
  for (const [served, delivered] of cases) t.equal(deliveredText(served), delivered)
})

t.test('a delivered text has its own numeric ids as strings, and no deeper ones', async (t) => {
  const cases: [served: string, delivered: string][] = [
    ['{"id":5,"owner_id":12345678901234567890}', '{"id":"5","owner_id":"12345678901234567890"}'],
    ['{"id":"5","owner_id":null}', '{"id":"5","owner_id":null}'],
    ['{"a":{"id":5},"b":[{"owner_id":7}],"id":1}', '{"a":{"id":5},"b":[{"owner_id":7}],"id":"1"}'],
    ['{"a":"\\"id\\":5","id" : 6}', '{"a":"\\"id\\":5","id" : "6"}'],
    ['{"x_id":5,"price":1.10}', '{"x_id":5,"price":1.10}'],
  ]
  for (const [served, delivered] of cases) t.equal(deliveredText(served), delivered)
})

t.test('which members are retyped, and to what, is told', async (t) => {
  const members = { id: 'string', admin_assignee_id: 'integer' } as const
  const cases: [served: string, delivered: string][] = [
    ['{"id":5,"admin_assignee_id":"991"}', '{"id":"5","admin_assignee_id":991}'],
    ['{"admin_assignee_id":7,"owner_id":8}', '{"admin_assignee_id":7,"owner_id":8}'],
    ['{"admin_assignee_id":"0"}', '{"admin_assignee_id":0}'],
    ['{"admin_assignee_id":"007"}', '{"admin_assignee_id":"007"}'],
    ['{"admin_assignee_id":"1.5"}', '{"admin_assignee_id":"1.5"}'],
    ['{"admin_assignee_id":""}', '{"admin_assignee_id":""}'],
    [
      '{"admin_assignee_id":null,"a":{"admin_assignee_id":"9"}}',
      '{"admin_assignee_id":null,"a":{"admin_assignee_id":"9"}}',
    ],
    ['{"a":"admin_assignee_id","b":"5"}', '{"a":"admin_assignee_id","b":"5"}'],
  ]
  for (const [served, delivered] of cases) t.equal(deliveredText(served, members), delivered)
  t.equal(deliveredText('{"id":5}', {}), '{"id":5}')
})

t.test('hostile texts are in companies and parts too', async (t) => {
  const { ask, read } = await listenSimulator(t, { companies: 20, conversations: 10, longConversations: 1 })
  const companies = await (await ask('/companies/scroll')).text()
  t.match(companies, /"account":12345678901234567890,"rate":1\.10/)
  const long = await (await ask('/conversations/10000000077')).text()
  t.match(long, /"body":"<p>\\ud83d Part/)
  t.ok(long.includes('\u2028 👩‍👩‍👧‍👦'))
  t.match(await read('/conversations/10000000077'), { conversation_parts: { total_count: 501 } })
})
