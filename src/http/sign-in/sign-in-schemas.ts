import { type Static, Type } from 'typebox'
import { regions } from '../../airbyte/config-members.ts'
import { newConnectionBody, resetState } from '../bodies/connection-schemas.ts'
import { connectionIdSchema } from '../bodies/list-schemas.ts'

/** Schemas of signing in at Intercom. */

const closed = { additionalProperties: false }
const flowId = Type.String({ pattern: '^[A-Za-z0-9_-]{22}$' })
const expiresAt = Type.String({ format: 'date-time', description: 'Ten minutes after its beginning' })

export const signInParameters = Type.Object({ flowId })

export const newSignInQuery = Type.Object({ resetState }, closed)

export const newSignInBody = Type.Object(
  {
    connectionId: connectionIdSchema,
    region: Type.Optional(Type.String({ enum: [...regions], description: 'As in a config' })),
    connection: Type.Optional(
      Type.Object(
        { ...newConnectionBody.properties, config: Type.Optional(Type.Ref('SourceConfig')) },
        {
          ...closed,
          description:
            'What `PUT` takes, without the access token. Left out: a connection that is there stays as it is, and a new one ' +
            'reads what is read by default',
        },
      ),
    ),
  },
  { ...closed, examples: [{ connectionId: 'acme' }] },
)

export const begunSignInBody = Type.Object({
  flowId,
  authorizeUrl: Type.String({ format: 'uri', description: 'The page of Intercom to open in a browser' }),
  expiresAt,
})

export const signInBody = Type.Object(
  {
    flowId,
    connectionId: connectionIdSchema,
    status: Type.String({
      enum: ['pending', 'consented', 'connected', 'denied', 'expired', 'failed'],
      description:
        'pending = nobody has answered at Intercom yet; consented = the confirmation code is awaited; the others are final',
    }),
    expiresAt,
    problem: Type.Optional(
      Type.Object(
        {
          type: Type.String(),
          title: Type.String(),
          status: Type.Integer(),
          detail: Type.String({ description: 'What to do, for people' }),
          code: Type.String(),
        },
        { description: 'Why there is no connection; of one that is connected, what it cannot read (`scope_missing`)' },
      ),
    ),
  },
  { $id: 'SignIn', title: 'SignIn' },
)

export const confirmationBody = Type.Object(
  {
    confirmationCode: Type.String({
      minLength: 1,
      maxLength: 100,
      description: 'From the page that the browser shows',
    }),
  },
  { ...closed, examples: [{ confirmationCode: 'K7QF-2MPX' }] },
)

/** What Intercom sends back; whatever else it adds is passed over. */
export const callbackQuery = Type.Object({
  code: Type.Optional(Type.String({ maxLength: 4096, description: "Intercom's, for the token" })),
  state: Type.Optional(Type.String({ maxLength: 200, description: 'Names the sign-in' })),
  error: Type.Optional(Type.String({ maxLength: 200, description: '`access_denied` when the person said no' })),
})

export type NewSignInBody = Static<typeof newSignInBody>
export type SignInBody = Static<typeof signInBody>
