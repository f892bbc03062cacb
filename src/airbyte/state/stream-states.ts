/** `stream_state` blobs by stream name. */
export type StreamStates = Record<string, Record<string, unknown>>

/** One stream's state, and its place in the request. */
export interface GivenState {
  streamName: string
  state: Record<string, unknown>
  /** JSON pointer to the blob, with the names that the caller wrote. */
  pointer: string
}

/** A stream's state as Airbyte's message. */
export interface StateMessage {
  type: 'STREAM'
  stream: { stream_descriptor: { name: string }; stream_state: Record<string, unknown> }
}

/** The form in which we give states out: the protocol's message of one stream. */
export function toStateMessage(name: string, stream_state: Record<string, unknown>): StateMessage {
  return { type: 'STREAM', stream: { stream_descriptor: { name }, stream_state } }
}
