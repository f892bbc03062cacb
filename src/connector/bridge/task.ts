import { readStates } from '../../airbyte/state/read-states.ts'
import { toStateMessage } from '../../airbyte/state/stream-states.ts'
import { CodedError, type Fault } from '../../errors.ts'
import { isLack } from '../../streams/versions.ts'
import type { Inputs } from '../input-files.ts'
import { itemsOf, streamNameOf, type Task } from './continuation.ts'

/**
 * The task that a command's files set. The states are read here, so that a service of any version understands them.
 *
 * @throws CodedError `invalid_request` naming the members of the files
 */
export function readTask({ catalog, state }: Inputs): Task {
  const faults: Fault[] = []
  const states = readStates(state, '/state', faults)
  if (faults.length > 0) throw new CodedError('invalid_request', undefined, { faults })
  return { catalog, states }
}

/**
 * The members of a request that set the task. No state means that everything is wanted: without the member, a
 * connection would continue from the state that it keeps itself.
 */
export function taskBodyOf({ catalog, states }: Task): { catalog: unknown; state: object[] } {
  return { catalog, state: states.map(({ streamName, state }) => toStateMessage(streamName, state)) }
}

/** What is left of a task without streams that the service does not have. */
export interface SmallerTask {
  task: Task
  /** The streams of the catalog that were left out. */
  unknown: string[]
}

const catalogPlace = /^\/catalog(?:\/catalog)?\/streams\/(\d+)\/(?:stream\/)?name$/
const statePlace = /^\/state\/(\d+)\/stream\/stream_state/

/**
 * The task without what the service has refused: names of streams, and states of streams that are not to be read, which
 * earlier versions refuse. Undefined when it has refused anything else.
 */
export function withoutUnknown({ catalog, states }: Task, error: unknown): SmallerTask | undefined {
  if (!(error instanceof CodedError) || error.code !== 'invalid_request' || error.faults.length === 0) return undefined
  const names = itemsOf(catalog).map(streamNameOf)
  // A stream that only the config's API version lacks is for the caller to leave out.
  if (error.faults.some(({ detail }) => isLack(detail))) return undefined
  const unknown = error.faults.flatMap(({ pointer }) => names[Number(catalogPlace.exec(pointer)?.[1])] ?? [])
  const wanted = names.filter((name) => !unknown.includes(name))
  const needless = error.faults.flatMap(({ pointer }) => {
    const state = states[Number(statePlace.exec(pointer)?.[1])]
    return state && !wanted.includes(state.streamName) ? [state] : []
  })
  // A name that stands there twice is refused at the same place, and is no unknown one.
  const isTwice = unknown.some((name) => names.indexOf(name) !== names.lastIndexOf(name))
  if (isTwice || unknown.length + needless.length < error.faults.length) return undefined
  return {
    task: {
      catalog: { streams: itemsOf(catalog).filter((item) => wanted.includes(streamNameOf(item))) },
      states: states.filter((state) => !needless.includes(state) && !unknown.includes(state.streamName)),
    },
    unknown,
  }
}

/** The same error with the places of states as the caller's file has them. */
export function placeStates(error: unknown, { states }: Task): unknown {
  if (!(error instanceof CodedError) || error.faults.length === 0) return error
  const faults = error.faults.map(({ pointer, detail }) => {
    const place = states[Number(statePlace.exec(pointer)?.[1])]?.pointer
    return { pointer: place === undefined ? pointer : pointer.replace(statePlace, () => place), detail }
  })
  return new CodedError(error.code, error.message, { faults })
}
