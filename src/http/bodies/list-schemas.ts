import { type TSchema, Type } from 'typebox'
import { byDefault } from './parameters.ts'

/** Schemas of lists and of the calls that ask for them. */

const connectionIdPattern = '^[A-Za-z0-9_-]{1,64}$'

/** As the client chooses it. */
export const connectionIdSchema = Type.String({
  pattern: connectionIdPattern,
  description: 'Letters, digits, - and _, at most 64',
})

/** Whether a name can be that of a connection. */
export function isConnectionId(name: string): boolean {
  return new RegExp(connectionIdPattern).test(name)
}

export const pageParameters = {
  limit: byDefault(
    Type.Integer({ minimum: 1, maximum: 100, default: 20, description: 'How many items a page may hold' }),
  ),
}

export const jobListQuery = Type.Object(
  {
    status: Type.Optional(
      Type.String({ enum: ['pending', 'running', 'incomplete', 'succeeded', 'failed', 'cancelled'] }),
    ),
    connectionId: Type.Optional(connectionIdSchema),
    ...pageParameters,
    cursor: Type.Optional(Type.String({ pattern: '^[0-9]{1,15}$', description: 'The `next` of the previous page' })),
  },
  { additionalProperties: false },
)

/** The envelope of every list. */
export function listOf(item: TSchema): TSchema {
  return Type.Object({
    data: Type.Array(item),
    next: Type.Optional(
      Type.String({ description: 'Pass it as `cursor` to get the next page; absent on the last page' }),
    ),
  })
}
