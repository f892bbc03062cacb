import type { ConfiguredStream } from '../../airbyte/catalog.ts'
import type { GivenState } from '../../airbyte/state/stream-states.ts'
import { CodedError } from '../../errors.ts'
import { isObject } from '../../json-object.ts'
import { readSelection } from '../../streams/selection.ts'
import type { PrintedLog } from './printed-log.ts'

/** What a job gets: the catalog as the command's file contains it, and the states of its other file. */
export interface Task {
  catalog: unknown
  states: readonly GivenState[]
}

/** The streams of a catalog, those included that only the service may know. */
export function streamsOfCatalog(catalog: unknown): ConfiguredStream[] {
  return readSelection({ catalog: catalog ?? null }, [], { unknown: 'keep' }).streams
}

/**
 * The remaining task when messages were lost: the streams without a COMPLETE, from the last STATE that was printed.
 *
 * @throws CodedError `messages_lost` when a stream would begin anew, and destinations that replace would store it twice
 */
export function continueTask({ catalog, states: given }: Task, { complete, started, states }: PrintedLog): Task {
  const open = streamsOfCatalog(catalog).filter(({ stream }) => !complete.has(stream.name))
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
  const printed = [...states].map(([streamName, state]): GivenState => ({ streamName, state, pointer: '/state' }))
  const latest = new Map([...given, ...printed].map((state) => [state.streamName, state]))
  return {
    catalog: { streams: itemsOf(catalog).filter((item) => names.has(streamNameOf(item))) },
    states: [...latest.values()].filter(({ streamName }) => names.has(streamName)),
  }
}

/** The items of a catalog unchanged, because the service may know more of their members than we do. */
export function itemsOf(catalog: unknown): unknown[] {
  const inner = isObject(catalog) && catalog.type === 'CATALOG' ? catalog.catalog : catalog
  return isObject(inner) && Array.isArray(inner.streams) ? inner.streams : []
}

/** The name of an item of a catalog. */
export function streamNameOf(item: unknown): string {
  if (!isObject(item)) return String(item)
  return String(isObject(item.stream) ? item.stream.name : item.name)
}
