import type { Fault } from '../errors.ts'
import { isObject } from '../json-object.ts'

/** `stream_state` blobs by stream name. */
export type StreamStates = Record<string, Record<string, unknown>>

/** One stream's state, and its place in the request. */
export interface GivenState {
  streamName: string
  state: Record<string, unknown>
  /** JSON pointer to the blob. */
  pointer: string
}

/**
 * Reads a job's input state: an array of AirbyteStateMessage (STREAM or GLOBAL, with or without the STATE envelope that
 * a log line has), a LEGACY object of blobs by stream, or nothing (`null`, `{}`, `[]`). A null blob means no state.
 */
export function readStates(value: unknown, pointer: string, faults: Fault[]): GivenState[] {
  if (value === undefined || value === null) return []
  if (Array.isArray(value))
    return value.flatMap((message, index) => readMessage(message, `${pointer}/${index}`, faults))
  if (isObject(value)) return readLegacy(value, pointer, faults)
  faults.push({ pointer, detail: 'must be an array of Airbyte state messages' })
  return []
}

function readMessage(message: unknown, pointer: string, faults: Fault[]): GivenState[] {
  if (isObject(message) && message.type === 'STATE') return readMessage(message.state, `${pointer}/state`, faults)
  if (isObject(message)) {
    if (isObject(message.stream)) return readStream(message.stream, `${pointer}/stream`, faults)
    if (isObject(message.global)) {
      const streams = message.global.stream_states
      if (Array.isArray(streams))
        return streams.flatMap((stream, index) =>
          readStream(stream, `${pointer}/global/stream_states/${index}`, faults),
        )
    }
    if (isObject(message.data)) return readLegacy(message.data, `${pointer}/data`, faults)
  }
  faults.push({ pointer, detail: 'must be an Airbyte state message with stream, global or data' })
  return []
}

function readStream(stream: unknown, pointer: string, faults: Fault[]): GivenState[] {
  const descriptor = isObject(stream) ? stream.stream_descriptor : undefined
  const name = isObject(descriptor) ? descriptor.name : undefined
  if (!isObject(stream) || typeof name !== 'string') {
    faults.push({ pointer: `${pointer}/stream_descriptor/name`, detail: 'must name a stream' })
    return []
  }
  return readBlob(name, stream.stream_state, `${pointer}/stream_state`, faults)
}

function readLegacy(states: Record<string, unknown>, pointer: string, faults: Fault[]): GivenState[] {
  return Object.entries(states).flatMap(([name, blob]) => readBlob(name, blob, `${pointer}/${name}`, faults))
}

function readBlob(streamName: string, blob: unknown, pointer: string, faults: Fault[]): GivenState[] {
  if (blob === undefined || blob === null) return []
  if (isObject(blob)) return [{ streamName, state: blob, pointer }]
  faults.push({ pointer, detail: 'must be an object' })
  return []
}
