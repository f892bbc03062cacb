import type { StreamStates } from '../../airbyte/state/stream-states.ts'
import { CodedError, type Fault } from '../../errors.ts'
import { isObject } from '../../json-object.ts'
import { findStream } from '../../streams/table.ts'
import { nameHint, nameUnknown } from '../../streams/unknown-streams.ts'
import { parseSyncRequest } from '../../sync/contract/sync-request.ts'
import { invalidRequest } from '../requests/validation.ts'

/**
 * Checks that a stream is one of ours, or that a state of it is stored, from another version or another connector.
 *
 * @throws CodedError `invalid_request`, and what `readStored` throws
 */
export async function checkStream(stream: string | undefined, readStored: () => Promise<StreamStates>): Promise<void> {
  if (stream === undefined || findStream(stream) || Object.hasOwn(await readStored(), stream)) return
  throw invalidRequest([{ pointer: 'stream', detail: `is no stream; ${nameHint(stream)}` }])
}

/**
 * The states of a body that is nothing but a state, checked exactly as the `state` of a job.
 *
 * @param stream the only one that may be among them; undefined = any
 * @throws CodedError `invalid_request`
 */
export function parseStates(body: unknown, stream: string | undefined): StreamStates {
  // A job may have no state. A call with an empty body must not reset a connection by mistake.
  if (isNothing(body)) throw invalidRequest([{ pointer: '', detail: 'must be a state; [] is none' }])
  const states = parseAsStateOfJob(body)
  const others = Object.keys(states).filter((name) => stream !== undefined && name !== stream)
  if (others.length > 0) {
    const detail = `holds states of ${nameUnknown(others)}, but only ${stream} is to be set`
    throw invalidRequest([{ pointer: '', detail }])
  }
  return states
}

function isNothing(body: unknown): boolean {
  return (body ?? undefined) === undefined || (isObject(body) && Object.keys(body).length === 0)
}

const member = '/state'

function parseAsStateOfJob(state: unknown): StreamStates {
  try {
    // Only the states are checked here, but the parser needs a token.
    return parseSyncRequest({ config: { access_token: '-' }, state }).states
  } catch (error) {
    if (!(error instanceof CodedError) || error.faults.length === 0) throw error
    throw invalidRequest(error.faults.map(fromBody))
  }
}

function fromBody({ pointer, detail }: Fault): Fault {
  return { pointer: pointer.startsWith(member) ? pointer.slice(member.length) : pointer, detail }
}
