import type { ConfiguredStream } from '../../airbyte/catalog.ts'
import { readStates } from '../../airbyte/state.ts'
import { CodedError } from '../../errors.ts'
import { isObject } from '../../json-object.ts'
import { readSelection } from '../../streams/selection.ts'
import type { PrintedLog } from './printed-log.ts'

/** What a job is asked to read, as the files of the command have it. */
export interface Task {
  catalog: unknown
  state: unknown
}

/** Streams of a catalog, as the service reads it. */
export function streamsOf(catalog: unknown): ConfiguredStream[] {
  return readSelection({ catalog: catalog ?? null }, []).streams
}

/**
 * The task that is left when messages were lost: the streams without a COMPLETE, from the last STATE that was printed.
 *
 * @throws CodedError `messages_lost` when one of them would begin anew, and destinations that replace would hold it twice
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

/** The streams as they were given: the service may know more of their members. */
function listOf(catalog: unknown): unknown[] {
  const inner = isObject(catalog) && catalog.type === 'CATALOG' ? catalog.catalog : catalog
  return isObject(inner) && Array.isArray(inner.streams) ? inner.streams : []
}

function nameOf(item: unknown): string {
  if (!isObject(item)) return String(item)
  return String(isObject(item.stream) ? item.stream.name : item.name)
}
