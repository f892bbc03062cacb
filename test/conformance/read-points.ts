import { Ajv, type ValidateFunction } from 'ajv'
import type { Run } from './driver.ts'
import type { Evidence } from './evidence.ts'
import { type Point, unless } from './point.ts'
import { propertyAt } from './schema-walk.ts'

/** A RECORD and the text it was read from. */
interface Row {
  stream: string
  data: Record<string, unknown>
  line: string
}

const rowsOf = ({ messages, lines }: Run): Row[] =>
  messages.flatMap(({ record }, index) =>
    record ? [{ stream: record.stream, data: record.data, line: lines[index] ?? '' }] : [],
  )

const dateTime = /^\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}:\d{2}(\.\d+)?([zZ]|[+-]\d{2}:?\d{2})?$/

/** Strings, which stay, and numbers that are whole and are not written so: 1.0 and 1e3 are no integers. */
const stringOrLooseInteger = /"(?:[^"\\]|\\.)*"|-?\d+(?:\.0+|(?:\.\d+)?[eE][+-]?\d+)(?![\d.eE])/g

/** The data of a RECORD with a number that no integer type takes in place of each 1.0. */
function strictData(line: string): unknown {
  const text = line.replace(stringOrLooseInteger, (token) => (token.startsWith('"') ? token : '0.5'))
  return (JSON.parse(text) as { record: { data: unknown } }).record.data
}

function validators({ streams }: Evidence): Map<string, ValidateFunction> {
  const ajv = new Ajv({ strict: false, formats: { 'date-time': dateTime } })
  return new Map(streams.map(({ name, json_schema }) => [name, ajv.compile(json_schema)]))
}

/** A point on each record of the first full refresh. */
const ofRecords =
  (holds: (row: Row, stream: Evidence['streams'][number]) => boolean): Point['faultsIn'] =>
  ({ streams, fullRefresh: [run] }) =>
    rowsOf(run).flatMap((row) => {
      const stream = streams.find(({ name }) => name === row.stream)
      return unless(stream !== undefined && holds(row, stream), row.line.slice(0, 300))
    })

export const readPoints: readonly Point[] = [
  {
    id: 'read-records',
    words: 'every stream gives records',
    faultsIn: ({ streams, fullRefresh: [run] }) => {
      const given = new Set(rowsOf(run).map(({ stream }) => stream))
      return [
        ...unless(run.end === 'succeeded', 'the read failed'),
        ...streams.flatMap(({ name }) => unless(given.has(name), name)),
      ]
    },
  },
  {
    id: 'read-truth',
    words: 'all records that are there come, each once, as they are (in place of expect_records)',
    faultsIn: ({ untrue }) => untrue.map((fault) => JSON.stringify(fault)),
  },
  {
    id: 'read-schema',
    words: 'records are valid by the discovered schema; 1.0 is no integer, and a date-time looks like one',
    faultsIn: (evidence) => {
      const isValid = validators(evidence)
      return rowsOf(evidence.fullRefresh[0]).flatMap(({ stream, line }) => {
        const validate = isValid.get(stream)
        if (validate?.(strictData(line))) return []
        const [error] = validate?.errors ?? []
        return [`${stream}${error?.instancePath} ${error?.message}: ${line.slice(0, 300)}`]
      })
    },
  },
  {
    id: 'read-unknown-fields',
    words:
      'unknown fields are kept (in place of fail_on_extra_columns, which forbids them): Intercom adds members without ' +
      'notice, and leaving them out would lose data. read-truth holds their texts against the truth',
    faultsIn: ({ streams, fullRefresh: [run] }) => {
      const unknown = rowsOf(run).filter(({ stream, data }) => {
        const { json_schema = {} } = streams.find(({ name }) => name === stream) ?? {}
        return Object.keys(data).some((name) => propertyAt(json_schema, [name]) === undefined)
      })
      return unless(unknown.length > 0, 'no record has a member that its schema does not declare')
    },
  },
  {
    id: 'read-known-fields',
    words: 'every record has a member that its schema declares',
    faultsIn: ofRecords(({ data }, { json_schema }) =>
      Object.keys(data).some((name) => propertyAt(json_schema, [name]) !== undefined),
    ),
  },
  {
    id: 'read-keys',
    words: 'no part of a primary key is a list or an object, and not all are null',
    faultsIn: ofRecords(({ data }, { source_defined_primary_key: key = [] }) => {
      const values = key.map(([name = '']) => data[name] ?? null)
      return (
        values.every((value) => value === null || typeof value !== 'object') && values.some((value) => value !== null)
      )
    }),
  },
  {
    id: 'read-states',
    words: 'there is a STATE for every stream at least, none is LEGACY, each has sourceStats',
    faultsIn: ({ streams, fullRefresh: [{ messages }] }) => {
      const states = messages.flatMap(({ state }) => state ?? [])
      const named = new Set(states.map(({ stream }) => stream.stream_descriptor.name))
      return [
        ...streams.flatMap(({ name }) => unless(named.has(name), `${name} has no state`)),
        ...states.flatMap((state) =>
          unless(state.type === 'STREAM' && state.sourceStats !== undefined, JSON.stringify(state)),
        ),
      ]
    },
  },
  {
    id: 'read-bad-catalog',
    words: 'a stream that does not exist, or a sync mode, fails the read with a TRACE ERROR; over HTTP with a problem',
    faultsIn: ({ unknownStream, invalidMode }) =>
      [unknownStream, invalidMode].flatMap(({ end, messages, lines, problem }) => {
        const isTold = problem
          ? problem.code === 'invalid_request'
          : messages.some(({ trace }) => trace?.error?.failure_type === 'config_error')
        return unless(end === 'failed' && isTold, lines.join('\n'))
      }),
  },
]
