import t from 'tap'
import { completeList, findCutList, type ListItem, memberTexts } from '../../src/intercom/text/cut-list.ts'
import { scanAnswer } from '../../src/intercom/text/record-scanner.ts'
import { bytesOf, recordText } from '../../src/intercom/text/record-text.ts'

/** The only record of an answer with its list `tags` made whole; undefined when the list is not cut. */
function completed(record: string, items: string[]): string | undefined {
  const answer = scanAnswer(Buffer.from(`{"data":[${record}]}`), { recordsPath: ['data'], members: ['id', 'tags'] })
  const [found] = answer.records ?? []
  const list = found && findCutList(answer.body, found, 'tags')
  if (!found || !list) return undefined
  return bytesOf(recordText(answer, found, new Map(), completeList(answer.body, list, items.map(itemOf)))).toString()
}

function itemOf(text: string): ListItem {
  const body = Buffer.from(text)
  return memberTexts(body, { start: 0, end: body.length })
}

const tag = (id: string) => `{"type":"tag","id":"${id}","url":"/tags/${id}"}`
const listOf = (tags: string[], hasMore = true) =>
  `{"type":"list","data":[${tags.join()}],"url":"/contacts/1/tags","total_count":12,"has_more":${hasMore}}`
const rich = (id: string) => `{"type":"tag","id":"${id}","name":"a ] name","applied_by":{"type":"admin","id":"5"}}`

t.test('items added to a list are written like those that it shows', async (t) => {
  t.equal(
    completed(`{"id":1.0,"tags":${listOf([tag('7'), tag('8')])},"price":1.10}`, ['7', '8', '9'].map(rich)),
    `{"id":1.0,"tags":${listOf([tag('7'), tag('8'), tag('9')], false)},"price":1.10}`,
  )
})

t.test('a completed list has the items of its endpoint, in that order, and no others', async (t) => {
  t.equal(
    completed(`{"id":1,"tags":${listOf([tag('7'), tag('8')])}}`, ['9', '8'].map(rich)),
    `{"id":1,"tags":${listOf([tag('9'), tag('8')], false)}}`,
  )
  t.equal(completed(`{"id":1,"tags":${listOf([tag('7')])}}`, []), `{"id":1,"tags":${listOf([], false)}}`)
})

t.test('everything around the two edits stays as Intercom sent it, byte for byte', async (t) => {
  const odd = `{ "has_more" :\ttrue , "note" : "\\"data\\":[{]}" , "\\u0064ata" : [ {"id":"7", "x":["]"]} ] , "n" : 12345678901234567890 }`
  t.equal(
    completed(`{ "tags" : ${odd} , "id" : 1e400 }`, ['{"id":"7"}', '{"id":"8","x":[ 1.0 ]}']),
    `{ "tags" : { "has_more" :\tfalse , "note" : "\\"data\\":[{]}" , "\\u0064ata" : [{"id":"7", "x":["]"]},{"id":"8","x":[ 1.0 ]}] , "n" : 12345678901234567890 } , "id" : 1e400 }`,
  )
})

t.test('ids keep every digit and get the type that they have in the list', async (t) => {
  const long = '12345678901234567890'
  t.equal(
    completed(`{"id":1,"tags":${listOf([tag('7')])}}`, ['{"id":7}', `{"id":${long}}`]),
    `{"id":1,"tags":${listOf([tag('7'), tag(long)], false)}}`,
  )
  t.equal(
    completed(`{"id":1,"tags":${listOf(['{"id":7,"url":"/tags/7"}'])}}`, ['{"id":"7"}', '{"id":"8"}']),
    `{"id":1,"tags":${listOf(['{"id":7,"url":"/tags/7"}', '{"id":8,"url":"/tags/8"}'], false)}}`,
  )
})

t.test('added items get the same repairs as the record', async (t) => {
  t.equal(
    completed(`{"id":1,"tags":${listOf(['{"id":"7","name":"n"}'])}}`, [
      '{"id":"8",\n"name":{\n"half":"\\ud83d"}}',
      '{"id":"9"}',
    ]),
    `{"id":1,"tags":${listOf(['{"id":"8","name":{ "half":"\\ufffd"}}', '{"id":"9"}'], false)}}`,
  )
})

t.test('a URL that does not end in the id is left out; items of an empty list have type and id', async (t) => {
  t.equal(
    completed(`{"id":1,"tags":${listOf(['{"id":"7","url":"/tags?id=7"}'])}}`, [rich('8')]),
    `{"id":1,"tags":${listOf(['{"id":"8"}'], false)}}`,
  )
  t.equal(
    completed(`{"id":1,"tags":${listOf([])}}`, [rich('8')]),
    `{"id":1,"tags":${listOf(['{"type":"tag","id":"8"}'], false)}}`,
  )
})

t.test('a list that is not cut, or is no list, stays as it is', async (t) => {
  for (const tags of [
    listOf([tag('true')], false),
    '{"data":[],"has_more":"true"}',
    '{"data":{},"has_more":true}',
    '{"data":[]}',
    '{"has_more":true}',
    '[true]',
    '"true"',
    'true',
    'null',
  ])
    t.equal(completed(`{"id":1,"tags":${tags}}`, [rich('8')]), undefined, tags)
  t.equal(completed('{"id":1}', [rich('8')]), undefined)
})
