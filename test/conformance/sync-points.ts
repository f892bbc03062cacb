import { isDeepStrictEqual } from 'node:util'
import { findStream } from '../../src/streams/table.ts'
import type { Run } from './driver.ts'
import type { Evidence, State } from './evidence.ts'
import { type Point, unless } from './point.ts'

const recordsOf = ({ messages }: Run) => messages.flatMap(({ record }) => record ?? [])
const statesOf = ({ messages }: Run) => messages.flatMap(({ state }) => state ?? [])

function keysOf(run: Run, { streams }: Evidence): Set<string> {
  return new Set(
    recordsOf(run).map(({ stream, data }) => {
      const key = streams.find(({ name }) => name === stream)?.source_defined_primary_key ?? []
      return JSON.stringify([stream, ...key.map(([name = '']) => data[name])])
    }),
  )
}

/** Records of incremental streams that are older than the state they were read from. */
function olderThan(states: readonly State[], run: Run): string[] {
  return recordsOf(run).flatMap(({ stream, data }) => {
    const { cursor, child } = findStream(stream) ?? {}
    const state = states.find((given) => given.stream.stream_descriptor.name === stream)?.stream.stream_state
    if (!cursor || !state) return []
    const value = data[child ? 'parent_updated_at' : cursor]
    return unless(Number(value) >= Number(state[cursor]), `${stream}: ${value} is before ${state[cursor]}`)
  })
}

export const syncPoints: readonly Point[] = [
  {
    id: 'refresh-same',
    words: 'a second full refresh gives all records of the first',
    faultsIn: (evidence) => {
      const second = keysOf(evidence.fullRefresh[1], evidence)
      const first = [...keysOf(evidence.fullRefresh[0], evidence)]
      return [...unless(first.length > 0, 'no records'), ...first.filter((key) => !second.has(key))]
    },
  },
  {
    id: 'refresh-later',
    words: 'and all of it was emitted later than the first',
    faultsIn: ({ fullRefresh }) => {
      const [first, second] = fullRefresh.map((run) => recordsOf(run).map((record) => record.emitted_at))
      return unless(Math.max(...(first ?? [])) < Math.min(...(second ?? [])), 'emitted_at')
    },
  },
  {
    id: 'incremental-first',
    words: 'an incremental read without a state gives records and states',
    faultsIn: ({ incremental }) =>
      unless(
        incremental.end === 'succeeded' && recordsOf(incremental).length > 0 && statesOf(incremental).length > 0,
        'the read',
      ),
  },
  {
    id: 'incremental-second',
    words: 'with its states a second one gives what is new, and nothing that is older than the state',
    faultsIn: ({ changed: { state, made, run } }) => {
      const count = recordsOf(run).filter(({ stream }) => stream === 'contacts').length
      return [...unless(count === made, `${count} contacts of ${made}`), ...olderThan(state, run)]
    },
  },
  {
    id: 'incremental-quiet',
    words: 'where nothing has changed, none of the streams with a cursor gives a record',
    faultsIn: ({ quiet }) => recordsOf(quiet).flatMap(({ stream }) => unless(!findStream(stream)?.cursor, stream)),
  },
  {
    id: 'incremental-any-state',
    words:
      'a read from any state gives nothing older than the state. Of children the time is that of the parent: all ' +
      'children of a parent that moved are delivered',
    faultsIn: ({ resumed }) => [
      ...unless(resumed.length >= 10, `${resumed.length} states were tried`),
      ...resumed.flatMap(({ state, run }) => [
        ...unless(run.end === 'succeeded', 'a read from one of its own states failed'),
        ...olderThan(state, run),
      ]),
    ],
  },
  {
    id: 'incremental-all-there',
    words: 'what was held at a state and what is read from it are together all there is',
    faultsIn: (evidence) => {
      const whole = [...keysOf(evidence.incremental, evidence)]
      const { messages } = evidence.incremental
      return evidence.resumed.flatMap(({ state, run }) => {
        const last = messages.findLastIndex((message) => state.some((held) => isDeepStrictEqual(held, message.state)))
        const held = keysOf({ ...evidence.incremental, messages: messages.slice(0, last + 1) }, evidence)
        const rest = keysOf(run, evidence)
        return whole.filter((key) => !held.has(key) && !rest.has(key))
      })
    },
  },
  {
    id: 'incremental-future',
    words: 'a state far in the future gives no record, and a STATE at least',
    faultsIn: ({ future }) =>
      unless(
        future.end === 'succeeded' && recordsOf(future).length === 0 && statesOf(future).length > 0,
        `${future.end}: ${recordsOf(future).length} records, ${statesOf(future).length} states`,
      ),
  },
]
