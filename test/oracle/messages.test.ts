import t from 'tap'
import { checkMessages } from '../../simulator/oracle/check-messages.ts'
import { contact, ndjson, recordLine, stateLine, statusLine, wholeLog } from '../support/oracle-logs.ts'

/** The whole log with lines at a place replaced, as with splice. */
function changed(place: number, removed: number, ...added: string[]): string[] {
  return wholeLog([contact('a'), contact('b')]).toSpliced(place, removed, ...added)
}

// 0 STARTED, 1 RUNNING, 2 and 3 RECORD, 4 STATE, 5 COMPLETE
const cases: [fault: string, lines: string[], kinds: Record<string, number>][] = [
  ['nothing', changed(0, 0), {}],
  [
    'nothing, with log, estimate and interleaved streams',
    [
      statusLine('tags', 'STARTED'),
      '{"type":"LOG","log":{"level":"INFO","message":"hello"}}',
      '{"type":"TRACE","trace":{"type":"ESTIMATE","emitted_at":1,"estimate":{"name":"tags","type":"STREAM","row_estimate":2}}}',
      ...wholeLog([contact('a')]),
      statusLine('tags', 'RUNNING'),
      recordLine('tags', '{"id":"1"}'),
      stateLine('tags', '1.0'),
      statusLine('tags', 'COMPLETE'),
    ],
    {},
  ],
  [
    'nothing, in a stream that ends early',
    [statusLine('contacts', 'STARTED'), statusLine('contacts', 'INCOMPLETE')],
    {},
  ],
  ['nothing but heartbeats between its lines', changed(2, 0, '', ''), {}],
  ['a line that is no JSON', changed(2, 0, '{"type":"RECORD"'), { invalid_line: 1 }],
  ['JSON that is no message', changed(2, 0, '[1]', '{"hello":1}'), { invalid_line: 2 }],
  [
    'a type that a source does not write',
    changed(2, 0, '{"type":"DESTINATION_CATALOG","destination_catalog":{"operations":[]}}'),
    { invalid_line: 1 },
  ],
  [
    'a payload under the wrong name',
    changed(2, 0, '{"type":"LOG","logs":{"level":"INFO","message":"x"}}'),
    { invalid_line: 1 },
  ],
  [
    'a log level that does not exist',
    changed(2, 0, '{"type":"LOG","log":{"level":"LOUD","message":"x"}}'),
    { invalid_line: 1 },
  ],
  ['a status that does not exist', changed(2, 0, statusLine('contacts', 'DONE')), { invalid_line: 1 }],
  [
    'a record without emitted_at',
    changed(2, 0, '{"type":"RECORD","record":{"stream":"contacts","data":{"id":"z"}}}'),
    { invalid_line: 1 },
  ],
  [
    'a record with a fraction of a millisecond',
    changed(2, 0, recordLine('contacts', contact('z'), 1.5)),
    { invalid_line: 1 },
  ],
  ['a record whose data is a list', changed(2, 0, recordLine('contacts', '[]')), { invalid_line: 1 }],
  ['a lone surrogate', changed(0, 0, '{"type":"LOG","log":{"level":"INFO","message":"\\ud83d"}}'), { invalid_line: 1 }],
  ['no STARTED', changed(0, 1), { status_order: 1 }],
  ['STARTED twice', changed(1, 0, statusLine('contacts', 'STARTED')), { status_order: 1 }],
  ['no RUNNING before COMPLETE', changed(1, 1), { status_order: 1 }],
  ['COMPLETE twice', changed(6, 0, statusLine('contacts', 'COMPLETE')), { status_order: 1 }],
  ['INCOMPLETE after COMPLETE', changed(6, 0, statusLine('contacts', 'INCOMPLETE')), { status_order: 1 }],
  ['RUNNING after COMPLETE', changed(6, 0, statusLine('contacts', 'RUNNING')), { status_order: 1 }],
  ['no final status', changed(5, 1), { status_order: 1 }],
  [
    'a record before STARTED',
    changed(0, 0, recordLine('contacts', contact('z'))),
    { outside_sync: 1, record_count: 1 },
  ],
  ['a record after the end', changed(6, 0, recordLine('contacts', contact('z'))), { outside_sync: 1 }],
  ['a state before STARTED', changed(0, 0, stateLine('contacts', '0.0')), { outside_sync: 1 }],
  ['a state after the end', changed(6, 0, stateLine('contacts', '0.0')), { outside_sync: 1 }],
  [
    'a record of a stream never started',
    changed(2, 0, recordLine('tags', '{"id":"1"}')),
    { outside_sync: 1, status_order: 1 },
  ],
  ['COMPLETE without a state', changed(4, 1), { state_missing: 1 }],
  [
    'COMPLETE with a null state only',
    changed(4, 1, stateLine('contacts', '2.0', 'null')),
    { invalid_line: 1, state_missing: 1 },
  ],
  ['records after the last state', changed(5, 0, recordLine('contacts', contact('z'))), { uncovered_records: 1 }],
  ['a wrong count', changed(4, 1, stateLine('contacts', '3.0')), { record_count: 1 }],
  [
    'a count since the start',
    changed(5, 0, recordLine('contacts', contact('z')), stateLine('contacts', '3.0')),
    { record_count: 1 },
  ],
  ['a count without a decimal point', changed(4, 1, stateLine('contacts', '2')), { decimal_point: 1 }],
  [
    'no count',
    changed(4, 1, stateLine('contacts', '2.0').replace(/,"sourceStats":\{[^}]*\}/, '')),
    { record_count: 1 },
  ],
  ['time that goes back', changed(2, 1, recordLine('contacts', contact('a'), 0)), { time_backwards: 1 }],
]

for (const [fault, lines, expected] of cases) {
  t.test(`a log with ${fault}`, async (t) => {
    const { ok, faults } = await checkMessages(ndjson(lines), undefined)
    t.same(Object.fromEntries(faults.map(({ kind, count }) => [kind, count])), expected)
    t.equal(ok, Object.keys(expected).length === 0)
  })
}

t.test('a last line without its line feed is a cut', async (t) => {
  const [text = ''] = ndjson(wholeLog([contact('a')]))
  const { faults } = await checkMessages([text.slice(0, -1)], undefined)
  t.match(
    faults.map(({ kind }) => kind),
    ['cut_line', 'status_order'],
  )
})

t.test('bytes that are no UTF-8 are found', async (t) => {
  const line = Buffer.from('{"type":"LOG","log":{"level":"INFO","message":"x"}}\n')
  line[line.indexOf('x')] = 0xff
  const { faults } = await checkMessages([line], undefined)
  t.match(faults, [{ kind: 'invalid_line', examples: ['line 1: not UTF-8'] }])
})

t.test('pieces may be cut anywhere, in the middle of a character too', async (t) => {
  const whole = Buffer.from(ndjson(wholeLog(['{"id":"é🙂","name":"Łukasz"}'])).join(''))
  const bytes = Array.from(whole, (_, place) => whole.subarray(place, place + 1))
  t.same(await checkMessages(bytes, undefined), await checkMessages([whole], undefined))
})
