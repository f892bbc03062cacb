import type { ConfiguredStream } from '../../airbyte/catalog.ts'
import { readStates } from '../../airbyte/state.ts'
import { CodedError } from '../../errors.ts'
import { isObject } from '../../json-object.ts'
import { readSelection } from '../../streams/selection.ts'
import type { PrintedLog } from './printed-log.ts'

/** The catalog and the state that a job gets, as the command's files contain them. */
export interface Task {
  catalog: unknown
  state: unknown
}

/** The streams of a catalog, as the service reads it. */
export function streamsOf(catalog: unknown): ConfiguredStream[] {
  return readSelection({ catalog: catalog ?? null }, []).streams
}

/**
 * The remaining task when messages were lost: the streams without a COMPLETE, from the last STATE that was printed.
 *
 * @throws CodedError `messages_lost` when a stream would begin anew, and destinations that replace would store it twice
 */
export function continueTask({ catalog, state }: Task, { complete, started, states }: PrintedLog): Task {
  const open = streamsOf(catalog).filter(({ stream }) => !complete.has(stream.name))
  const stuck = open.filter(
    ({ stream: { name }, sync_mode }) => started.has(name) && sync_mode !== 'incremental' && !states.has(name),
  )
  if (stuck.length > 0) {
    const names = stuck.map(({ stream }) => stream.name).join(', ')
    throw new CodedError(
      'messages_lost',
      `The service has lost messages that were still to be read, and ${names} cannot go on from a state: run the sync again`,
    )
  }
  const names = new Set(open.map(({ stream }) => stream.name))
  const given = readStates(state, '/state', []).map((entry): [string, object] => [entry.streamName, entry.state])
  const latest = new Map<string, object>([...given, ...states].filter(([name]) => names.has(name)))
  return {
    catalog: { streams: listOf(catalog).filter((item) => names.has(nameOf(item))) },
    state: [...latest].map(([name, stream_state]) => ({
      type: 'STREAM',
      stream: { stream_descriptor: { name }, stream_state },
    })),
  }
}

/** The streams unchanged, because the service may know more of their members than we do. */
function listOf(catalog: unknown): unknown[] {
  const inner = isObject(catalog) && catalog.type === 'CATALOG' ? catalog.catalog : catalog
  return isObject(inner) && Array.isArray(inner.streams) ? inner.streams : []
}

function nameOf(item: unknown): string {
  if (!isObject(item)) return String(item)
  return String(isObject(item.stream) ? item.stream.name : item.name)
}
