import fc from 'fast-check'
import t from 'tap'
import { CodedError } from '../../src/errors.ts'
import { scanAnswer } from '../../src/intercom/text/record-scanner.ts'
import { bytesOf, type IdType, recordText } from '../../src/intercom/text/record-text.ts'

const shape = { recordsPath: ['data'], members: ['id', 'updated_at', 'owner_id'] }
const untouched = new Map<string, IdType>()

const texts = (body: string, idTypes = untouched): string[] => {
  const answer = scanAnswer(Buffer.from(body), shape)
  return (answer.records ?? []).map((record) => bytesOf(recordText(answer, record, idTypes)).toString())
}

/** JSON values with multi-byte text, escapes and nesting, written with random white space between tokens. */
const space = fc.constantFrom('', '', '', ' ', '\t', '\n', '\r\n ')
const stringText = fc.oneof(
  fc.string({ unit: 'binary' }).map((text) => JSON.stringify(text)),
  fc.string({ unit: 'grapheme' }).map((text) => JSON.stringify(text)),
  fc.constantFrom(
    '"\\u00e9\\n\\/"',
    '"\\ud83d\\ude00"',
    '"\\\\ud83d"',
    '"\u2028é€😀"',
    '""',
    '"data\\":["',
    '"\\u0000"',
  ),
)
const numberText = fc.oneof(
  fc.double({ noNaN: true, noDefaultInfinity: true }).map((number) => JSON.stringify(number)),
  fc.constantFrom('12345678901234567890', '1.10', '1e400', '-0', '0.5E-7', '1E+2'),
)
const { valueText } = fc.letrec<{ valueText: string }>((tie) => ({
  valueText: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    stringText,
    numberText,
    fc.constantFrom('true', 'false', 'null'),
    fc
      .tuple(space, fc.array(fc.tuple(tie('valueText'), space), { maxLength: 4 }))
      .map(([head, items]) => `[${head}${items.map(([item, tail]) => item + tail).join(`,${head}`)}]`),
    fc
      .tuple(space, fc.array(fc.tuple(stringText, tie('valueText'), space), { maxLength: 4 }))
      .map(
        ([head, items]) =>
          `{${head}${items.map(([key, item, tail]) => `${key}${tail}:${head}${item}${tail}`).join(`,${head}`)}}`,
      ),
  ),
}))
const recordSource = fc
  .tuple(space, fc.array(fc.tuple(stringText, valueText), { maxLength: 5 }), fc.nat())
  .map(([gap, members, id]) => `{${gap}"id":"${id}"${members.map(([key, item]) => `,${gap}${key}:${item}`).join('')}}`)

t.test('every record comes out with the same text', async (t) => {
  fc.assert(
    fc.property(fc.array(recordSource, { maxLength: 5 }), space, valueText, (records, gap, other) => {
      const body = `${gap}{"type":${other},${gap}"data":${gap}[${records.join(`${gap},`)}${gap}],"total_count":${records.length}}${gap}`
      const answer = scanAnswer(Buffer.from(body), shape)
      const found = (answer.records ?? []).map(({ start, end }) => answer.body.toString('utf8', start, end))
      return (
        found.length === records.length &&
        found.every((text, index) => text === records[index]) &&
        answer.envelope('total_count') === records.length
      )
    }),
    { numRuns: 500 },
  )
  t.pass('500 random answers')
})

t.test('a body is accepted exactly when JSON.parse accepts it', async (t) => {
  const noise = fc.constantFrom(
    '"',
    '\\',
    '{',
    '}',
    '[',
    ']',
    ',',
    ':',
    '0',
    '-',
    '.',
    'e',
    'u',
    'd8',
    '\u0001',
    'é',
    'true',
    ' ',
    '',
  )
  let accepted = 0
  let refused = 0
  fc.assert(
    fc.property(valueText, fc.nat(), fc.nat({ max: 3 }), noise, (text, place, removed, inserted) => {
      const at = place % (text.length + 1)
      const value = text.slice(0, at) + inserted + text.slice(at + removed)
      const body = `{"data":[{"id":"1"}],"value":${value}}`
      const parses = succeeds(() => JSON.parse(body))
      if (parses) accepted++
      else refused++
      return succeeds(() => scanAnswer(Buffer.from(body), shape)) === parses
    }),
    { numRuns: 3000 },
  )
  t.ok(accepted > 100 && refused > 100, `${accepted} accepted, ${refused} refused`)
})

const succeeds = (action: () => unknown): boolean => {
  try {
    action()
    return true
  } catch {
    return false
  }
}

t.test('characters of four bytes are read at any position', async (t) => {
  for (let padding = 0; padding < 70; padding++) {
    const record = `{"id":"1","name":"${'x'.repeat(padding)}😀é"}`
    t.same(texts(`{"data":[${record},${record}]}`), [record, record])
  }
})

t.test('a body cut at any byte is refused as a protocol error', async (t) => {
  const whole = Buffer.from('{"data":[{"id":"1","n":-1.5e3,"s":"a\\u00e9\\"b","l":[true,null,{}]}],"pages":null}')
  for (let length = 0; length < whole.length; length++)
    t.throws(() => scanAnswer(whole.subarray(0, length), shape), { code: 'intercom_protocol' }, `${length} bytes`)
  t.ok(scanAnswer(whole, shape).records)
})

t.test('numbers keep every digit, and a long run of digits is marked', async (t) => {
  const record = '{"id":"1","a":12345678901234567890,"b":1.10,"c":1e400,"d":-0}'
  t.same(texts(`{"data":[${record}]}`), [record])
  const flags = (text: string) =>
    scanAnswer(Buffer.from(`{"data":[${text}]}`), shape).records?.map((record) => record.longDigits)
  t.same(flags(`${record},{"id":"2","n":1757686874}`), [true, false])
})

t.test('__proto__ is a key like any other', async (t) => {
  const record = '{"__proto__":{"polluted":true},"id":"1","constructor":{"prototype":{}}}'
  t.same(texts(`{"data":[${record}],"__proto__":{"polluted":true}}`), [record])
  t.equal(({} as Record<string, unknown>).polluted, undefined)
})

t.test('a lone surrogate becomes U+FFFD, a pair and an escaped backslash stay', async (t) => {
  t.same(texts('{"data":[{"id":"1","a":"x\\ud83dy","b":"\\uDE00\\uD83D"}]}'), [
    '{"id":"1","a":"x\\ufffdy","b":"\\ufffd\\ufffd"}',
  ])
  const whole = '{"id":"1","a":"\\ud83d\\ude00","b":"\\\\ud83d","c":"\\\\\\ud83d\\ude00"}'
  t.same(texts(`{"data":[${whole}]}`), [whole])
  t.same(texts('{"data":[{"id":"1","a":"\\ud83d\\ud83d\\ude00"}]}'), ['{"id":"1","a":"\\ufffd\\ud83d\\ude00"}'])
})

t.test('a record spread over lines becomes one line', async (t) => {
  t.same(texts('{"data":[\n{\r\n"id": "1",\n "a":[1,\n2]}\n]}'), ['{  "id": "1",  "a":[1, 2]}'])
})

t.test('ids take the declared type when nothing is lost', async (t) => {
  const asText = new Map<string, IdType>([['owner_id', 'string']])
  const asNumber = new Map<string, IdType>([['owner_id', 'integer']])
  const record = (owner: string) => `{"id":"1","owner_id":${owner},"z":{"owner_id":5}}`
  const convert = (owner: string, types: Map<string, IdType>) => texts(`{"data":[${record(owner)}]}`, types)
  t.same(convert('12345678901234567890', asText), [record('"12345678901234567890"')])
  t.same(convert('"12345678901234567890"', asNumber), [record('12345678901234567890')])
  for (const kept of ['null', '"007"', '1.5', '""', '"x"', '1e3']) {
    t.same(convert(kept, asText), [record(kept)])
    t.same(convert(kept, asNumber), [record(kept)])
  }
})

t.test('a repeated or escaped key counts as JSON.parse counts it', async (t) => {
  const answer = scanAnswer(
    Buffer.from('{"data":[{"id":"1","id":"2","\\u0075pdated_at":7}],"d\\u0061ta":[{"id":"3","\\u0069d":"4"}]}'),
    shape,
  )
  const [record, ...rest] = answer.records ?? []
  t.equal(rest.length, 0)
  const id = record?.members.get('id')
  t.equal(id && answer.body.toString('utf8', id.start, id.end), '"4"')
})

t.test('a hundred thousand levels of nesting pass', async (t) => {
  const deep = `{"id":"1","a":${'['.repeat(100_000)}${']'.repeat(100_000)}}`
  t.equal(texts(`{"data":[${deep}]}`)[0]?.length, deep.length)
})

t.test('only a list of objects is a list of records', async (t) => {
  t.equal(scanAnswer(Buffer.from('{"data":null}'), shape).records, undefined)
  t.equal(scanAnswer(Buffer.from('{"error":1}'), shape).records, undefined)
  t.equal(scanAnswer(Buffer.from('null'), shape).records, undefined)
  t.equal(scanAnswer(Buffer.from('[]'), shape).records, undefined)
  t.throws(() => scanAnswer(Buffer.from('{"data":[1]}'), shape), CodedError)
  t.throws(() => scanAnswer(Buffer.from(''), shape), CodedError)
  t.throws(() => scanAnswer(Buffer.from('<html></html>'), shape), CodedError)
})

t.test('nothing of an answer is read any more once it has been released', async (t) => {
  const answer = scanAnswer(Buffer.from('{"data":[{"id":"1"}],"total_count":1}'), shape)
  t.equal(answer.envelope('total_count'), 1)
  answer.release()
  t.throws(() => answer.body, /released/)
  t.throws(() => answer.envelope('total_count'), /released/)
})
