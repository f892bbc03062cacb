import { protocolFault } from '../../simulator/oracle/protocol.ts'
import { findStream, streamTable } from '../../src/streams/table.ts'
import type { Run } from './driver.ts'
import type { Evidence } from './evidence.ts'
import { type Point, unless } from './point.ts'

const runsIn = (evidence: Evidence): [name: string, run: Run][] => [
  ['first refresh', evidence.fullRefresh[0]],
  ['second refresh', evidence.fullRefresh[1]],
  ['incremental', evidence.incremental],
  ...evidence.resumed.map(({ run }, index): [string, Run] => [`from state ${index}`, run]),
  ['quiet', evidence.quiet],
  ['changed', evidence.changed.run],
  ['future', evidence.future],
  ['partial', evidence.partial],
  ['empty record', evidence.emptyRecord],
  ['spoiling', evidence.spoiling],
]

/** A point on each read that was given a catalog it could take. */
const ofReads =
  (faultsOf: (run: Run) => string[]): Point['faultsIn'] =>
  (evidence) =>
    runsIn(evidence).flatMap(([name, run]) => faultsOf(run).map((fault) => `${name}: ${fault}`))

/** The statuses of each stream, in order. */
function statusesOf({ messages }: Run): Map<string, string[]> {
  const statuses = new Map<string, string[]>()
  for (const { trace } of messages) {
    const { stream_descriptor: stream, status } = trace?.stream_status ?? {}
    if (stream && status) statuses.set(stream.name, [...(statuses.get(stream.name) ?? []), status])
  }
  return statuses
}

const isWhole = (statuses: string[]) => /^STARTED(,RUNNING)+,COMPLETE$/.test(statuses.join())
const warningsOf = ({ messages }: Run) => messages.flatMap(({ log }) => (log?.level === 'WARN' ? [log.message] : []))

export const conductPoints: readonly Point[] = [
  {
    id: 'conduct-lines',
    words: 'every line is one message of the protocol, and no string holds half a surrogate pair',
    faultsIn: ofReads(({ messages, lines }) => {
      const wellFormed = (value: unknown) => typeof value !== 'string' || !/\p{Surrogate}/u.test(value)
      return messages.flatMap((message, index) => {
        let isWellFormed = true
        JSON.parse(lines[index] ?? '', (key, value) => {
          isWellFormed &&= wellFormed(key) && wellFormed(value)
          return value
        })
        return [protocolFault(message) ?? '', isWellFormed ? '' : 'half a pair'].filter((fault) => fault !== '')
      })
    }),
  },
  {
    id: 'conduct-end',
    words: 'a read succeeds only when every stream is COMPLETE, and one that fails has said why in a TRACE ERROR',
    faultsIn: ofReads((run) => {
      const areComplete = [...statusesOf(run).values()].every((statuses) => statuses.at(-1) === 'COMPLETE')
      const hasError = run.messages.some(({ trace }) => trace?.type === 'ERROR')
      return unless(areComplete === (run.end === 'succeeded') && hasError === !areComplete, run.end)
    }),
  },
  {
    id: 'conduct-statuses',
    words: 'STARTED, RUNNING, COMPLETE of every stream of the catalog, of those without a record too',
    faultsIn: ({ fullRefresh, incremental, quiet }) =>
      [...fullRefresh, incremental, quiet].flatMap((run) => {
        const statuses = statusesOf(run)
        return streamTable.flatMap(({ name }) =>
          unless(isWhole(statuses.get(name) ?? []), `${name}: ${statuses.get(name)}`),
        )
      }),
  },
  {
    id: 'conduct-final-state',
    words: 'every stream that is COMPLETE has a STATE before it, which is not null and covers its last record',
    faultsIn: ofReads(({ messages }) => {
      const last = new Map<string, string>()
      return messages.flatMap(({ record, state, trace }) => {
        if (record) last.set(record.stream, 'a record')
        if (state) last.set(state.stream.stream_descriptor.name, state.stream.stream_state ? 'a state' : 'null')
        const { stream_descriptor: { name } = { name: '' }, status } = trace?.stream_status ?? {}
        return status === 'COMPLETE' ? unless(last.get(name) === 'a state', `${name}: ${last.get(name)}`) : []
      })
    }),
  },
  {
    id: 'conduct-record-count',
    words: 'recordCount has a decimal point and counts the records of the stream since its last STATE',
    faultsIn: ofReads(({ messages, lines }) => {
      const counts = new Map<string, number>()
      return messages.flatMap(({ record, state }, index) => {
        if (record) counts.set(record.stream, (counts.get(record.stream) ?? 0) + 1)
        if (!state) return []
        const { name } = state.stream.stream_descriptor
        const count = counts.get(name) ?? 0
        counts.set(name, 0)
        return unless(lines[index]?.includes(`"recordCount":${count}.0`) === true, `${name}: not ${count}.0`)
      })
    }),
  },
  {
    id: 'conduct-only-catalog',
    words: 'records, states and statuses come only of streams in the catalog',
    faultsIn: ({ partial, spoiling }) => {
      const others = (run: Run, names: string[]) =>
        run.messages.flatMap(({ record, state, trace }) => {
          const name =
            record?.stream ?? state?.stream.stream_descriptor.name ?? trace?.stream_status?.stream_descriptor.name
          return unless(name === undefined || names.includes(name), `${name}`)
        })
      return [...others(partial, ['contacts', 'tags']), ...others(spoiling, ['company_segments', 'conversation_parts'])]
    },
  },
  {
    id: 'conduct-empty-record',
    words: 'a record without members is never written, and leaving it out is told',
    faultsIn: ({ emptyRecord }) => {
      const data = emptyRecord.messages.flatMap(({ record }) => (record ? [record.data] : []))
      return [
        ...unless(data.length === 1 && data[0]?.id === '7', JSON.stringify(data)),
        ...unless(
          emptyRecord.messages.some(({ log }) => /left out/.test(log?.message ?? '')),
          'nothing was told',
        ),
      ]
    },
  },
  {
    id: 'conduct-asked-incremental',
    words: 'incremental asked of a stream that cannot is read as full refresh, every time',
    faultsIn: ({ incremental, quiet }) =>
      streamTable
        .filter(({ name }) => !findStream(name)?.cursor)
        .flatMap(({ name }) => {
          const [first, second] = [incremental, quiet].map(
            ({ messages }) => messages.filter(({ record }) => record?.stream === name).length,
          )
          return unless(first !== undefined && first > 0 && first === second, `${name}: ${first}, then ${second}`)
        }),
  },
  {
    id: 'conduct-first-error',
    words: 'the first TRACE ERROR, which decides about retries, is what the user has to mend, and names the stream',
    faultsIn: ({ partial }) => {
      const [error] = partial.messages.flatMap(({ trace }) => trace?.error ?? [])
      return [
        ...unless(partial.end === 'failed', 'a read that lacks a stream succeeded'),
        ...unless(error?.failure_type === 'config_error', JSON.stringify(error)),
        ...unless(error?.stream_descriptor?.name === 'tags', JSON.stringify(error)),
        ...unless(statusesOf(partial).get('contacts')?.at(-1) === 'COMPLETE', 'the other stream did not go on'),
      ]
    },
  },
  {
    id: 'conduct-warnings',
    words: 'a WARN tells of a primary key that is too weak, and of children that append will show repeatedly',
    faultsIn: ({ spoiling }) =>
      [/^company_segments: the primary key id /, /^conversation_parts: .*append_dedup/].flatMap((pattern) =>
        unless(
          warningsOf(spoiling).some((text) => pattern.test(text)),
          `${pattern}: ${warningsOf(spoiling).join('; ')}`,
        ),
      ),
  },
]
