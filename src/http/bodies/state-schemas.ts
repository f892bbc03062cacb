import { Type } from 'typebox'
import { type StateMessage, type StreamStates, toStateMessage } from '../../airbyte/state/stream-states.ts'
import { epochParameter } from './schemas.ts'

/** Schemas of states and of the calls that read and move them. */

/** States as every call answers them. */
export const statesSchema = Type.Ref('States')

/**
 * What may be put: what `GET` answers, or any other form of a state, checked in the same way as that of a job. A bare
 * reference would lose the example.
 */
export const newStatesBody = Type.Union([statesSchema, Type.Ref('GivenStates')], {
  examples: [[toStateMessage('contacts', { updated_at: 1_767_225_600 })]],
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
export function toStatesBody(states: StreamStates): StateMessage[] {
  return Object.entries(states)
    .sort(([left], [right]) => (left < right ? -1 : 1))
    .map(([name, state]) => toStateMessage(name, state))
}
