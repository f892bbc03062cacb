import { Type } from 'typebox'
import type { StreamStates } from '../../airbyte/state.ts'
import type { StateBody } from './payload-schemas.ts'
import { epochParameter } from './schemas.ts'

/** Schemas of states and of the calls that read and move them. */

/** The possible values for the `state` of a job. */
export const statesSchema = Type.Ref('States')

const exampleState = { stream_descriptor: { name: 'contacts' }, stream_state: { updated_at: 1_767_225_600 } }

/** The contents of the messages are checked in the same way as for a job. */
export const newStatesBody = Type.Array(Type.Ref('StateMessage'), {
  examples: [[{ type: 'STREAM', stream: exampleState }]],
})

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
  { additionalProperties: false, examples: [{ offset: 0 }] },
)

export const acknowledgedSchema = Type.Object({
  offset: Type.Integer({ minimum: 0, description: 'Messages acknowledged' }),
  states: statesSchema,
})

export const connectionStateQuery = Type.Object(
  { stream: Type.Optional(Type.String({ description: 'Only this stream', examples: ['contacts'] })) },
  { additionalProperties: false },
)

/** States as Airbyte's messages, ordered by stream. */
export function toStatesBody(states: StreamStates): StateBody[] {
  return Object.entries(states)
    .sort(([left], [right]) => (left < right ? -1 : 1))
    .map(([name, stream_state]) => ({ type: 'STREAM', stream: { stream_descriptor: { name }, stream_state } }))
}
