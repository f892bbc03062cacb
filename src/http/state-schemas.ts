import { type Static, Type } from 'typebox'
import type { StreamStates } from '../airbyte/state.ts'

/** Schemas of states and of the calls that read and move them. */

const stateMessage = Type.Object({
  type: Type.Literal('STREAM'),
  stream: Type.Object({
    stream_descriptor: Type.Object({ name: Type.String() }),
    stream_state: Type.Object({}, { additionalProperties: true }),
  }),
})

/** What can be given as the `state` of a job. */
export const statesSchema = Type.Array(stateMessage)

export const jobStateQuery = Type.Object(
  {
    at: Type.Optional(
      Type.Integer({ minimum: 0, description: 'Messages held; left out = all, once the job has ended' }),
    ),
  },
  { additionalProperties: false },
)

/** States as Airbyte's messages, ordered by stream. */
export function toStatesBody(states: StreamStates): Static<typeof statesSchema> {
  return Object.entries(states)
    .sort(([left], [right]) => (left < right ? -1 : 1))
    .map(([name, stream_state]) => ({ type: 'STREAM', stream: { stream_descriptor: { name }, stream_state } }))
}
