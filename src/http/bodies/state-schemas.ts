import { type Static, Type } from 'typebox'
import type { StreamStates } from '../../airbyte/state.ts'
import { epochParameter } from './schemas.ts'

/** Schemas of states and of the calls that read and move them. */

const stateMessage = Type.Object({
  type: Type.Literal('STREAM'),
  stream: Type.Object({
    stream_descriptor: Type.Object({ name: Type.String() }),
    stream_state: Type.Object({}, { additionalProperties: true }),
  }),
})

/** The possible values for the `state` of a job. */
export const statesSchema = Type.Array(stateMessage)

export const jobStateQuery = Type.Object(
  {
    at: Type.Optional(
      Type.Integer({
        minimum: 0,
        description: 'How many messages you have; if absent, all of them, once the job has ended',
      }),
    ),
    epoch: epochParameter,
  },
  { additionalProperties: false },
)

export const ackBody = Type.Object(
  {
    offset: Type.Integer({ minimum: 0, description: 'How many messages you have, counted from the start of the job' }),
    epoch: epochParameter,
  },
  { additionalProperties: false },
)

export const acknowledgedSchema = Type.Object({
  offset: Type.Integer({ minimum: 0, description: 'Messages acknowledged' }),
  states: statesSchema,
})

export const connectionStateQuery = Type.Object(
  { stream: Type.Optional(Type.String({ description: 'Only this stream' })) },
  { additionalProperties: false },
)

/** The contents of the messages are checked in the same way as for a job. */
export const newStatesBody = Type.Array(Type.Unknown(), { description: 'Airbyte state messages' })

/** States as Airbyte's messages, ordered by stream. */
export function toStatesBody(states: StreamStates): Static<typeof statesSchema> {
  return Object.entries(states)
    .sort(([left], [right]) => (left < right ? -1 : 1))
    .map(([name, stream_state]) => ({ type: 'STREAM', stream: { stream_descriptor: { name }, stream_state } }))
}
