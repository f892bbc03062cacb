import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import t from 'tap'
import { CodedError } from '../../src/errors.ts'
import { scanAnswer } from '../../src/intercom/text/record-scanner.ts'
import { type PlainScan, scanPlainly } from './plain-scanner.ts'

const wanted = ['id', 'updated_at', 'tags', 'a', 'é']
const paths = [['data'], ['conversation_parts', 'conversation_parts'], [], ['a', 'b', 'c']]

/** What the product's scanner makes of a body, in the words of the plain one. */
function scanned(body: Buffer, recordsPath: readonly string[]): PlainScan {
  try {
    const { records } = scanAnswer(body, { recordsPath, members: wanted })
    return {
      records: records?.map(({ start, end, longDigits, surrogateEscape, lineBreak, members }) => ({
        start,
        end,
        longDigits,
        surrogateEscape,
        lineBreak,
        members: Object.fromEntries(
          wanted.flatMap((name) => {
            const span = members.get(name)
            return span ? [[name, [span.start, span.end]]] : []
          }),
        ),
      })),
    }
  } catch (error) {
    if (!(error instanceof CodedError) || error.code !== 'intercom_protocol') throw error
    return { notJsonAt: Number(/not JSON at byte (\d+)$/.exec(error.message)?.[1]) }
  }
}

/** Pieces that JSON is made of, and some that it is not made of. */
const pieces = [
  ...'{}[],:"\\ \t\n\r-+.0159eEutfn/',
  ...['true', 'false', 'null', '"id":', '"updated_at":', '"\\u0069d":', '"tags" :', '"é":', '""', '"a":'],
  ...['\\u00e9', '\\ud83d', '\\uDE00', '\\u', '\\u12', '"\\\\"', '12345678901234567890', '0.5e-7', '1E+2', '-0', '😀'],
  ...['{"data":[', ']}', '{"conversation_parts":{"conversation_parts":[', '{"a":{"b":{"c":[', '\u0000', '\u007f'],
]
const piece = fc.oneof(
  { weight: 9, arbitrary: fc.constantFrom(...pieces).map((text) => Buffer.from(text)) },
  { weight: 1, arbitrary: fc.integer({ min: 0, max: 255 }).map((byte) => Buffer.of(byte)) },
)
const soup = fc.array(piece, { maxLength: 40 }).map((parts) => Buffer.concat(parts))

/** A place in an answer, what is taken away there, and what is put there. */
const edits = fc.array(fc.tuple(fc.nat(), fc.nat({ max: 6 }), piece), { maxLength: 3 })

function edited(body: Buffer, changes: readonly [place: number, removed: number, inserted: Buffer][]): Buffer {
  return changes.reduce((text, [place, removed, inserted]) => {
    const at = place % (text.length + 1)
    return Buffer.concat([text.subarray(0, at), inserted, text.subarray(at + removed)])
  }, body)
}

/** Whole answers as they come: any JSON inside records, at each of the places. */
const record = fc
  .tuple(fc.json(), fc.json(), fc.constantFrom('"1"', '5', 'null', '[{"id":2}]'))
  .map(
    ([one, other, id]) =>
      `{"id":${id},"x":${one},"tags":{"data":${other},"has_more":true},"updated_at":17, "id" :${id}}`,
  )
const answer = fc
  .tuple(fc.array(record, { maxLength: 4 }), fc.constantFrom(...paths), fc.json())
  .map(([records, path, other]) => {
    const keys = path.map((key) => `{"pages":${other},${JSON.stringify(key)}:`)
    return Buffer.from(`${keys.join('')}[${records.join(',\n')}]${'}'.repeat(path.length)}`)
  })

const isSame = (body: Buffer, path: readonly string[]) =>
  JSON.stringify(scanned(body, path)) === JSON.stringify(scanPlainly(body, path, wanted))

t.test('any bytes give the same records, marks and refusals as a plain reading', async (t) => {
  let whole = 0
  fc.assert(
    fc.property(soup, fc.constantFrom(...paths), (body, path) => {
      if ('records' in scanned(body, path)) whole++
      return isSame(body, path)
    }),
    { numRuns: 4000 },
  )
  t.ok(whole > 50, `${whole} of them were JSON`)
})

t.test('so do answers, whole and damaged', async (t) => {
  let refused = 0
  fc.assert(
    fc.property(answer, edits, fc.constantFrom(...paths), (whole, changes, path) => {
      const body = edited(whole, changes)
      if ('notJsonAt' in scanned(body, path)) refused++
      return isSame(body, path)
    }),
    { numRuns: 2000 },
  )
  t.ok(refused > 200 && refused < 1800, `${refused} of them were refused`)
})

t.test('so do documents that are there', async (t) => {
  for (const file of ['package.json', 'test/golden/version-1.json', 'schemas/contacts.json'])
    t.ok(isSame(readFileSync(file), []), file)
})
