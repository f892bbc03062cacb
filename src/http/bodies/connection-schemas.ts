import { type Static, type TSchema, Type } from 'typebox'
import { accesses } from '../../store/connections/access.ts'
import { runMembers, scheduleMembers } from '../schedules/schedule-schemas.ts'
import { webhookMembers } from '../webhooks/webhook-schemas.ts'
import { connectionIdSchema, pageParameters } from './list-schemas.ts'
import { byDefault } from './parameters.ts'
import { exampleConfig } from './payload-schemas.ts'
import { onMissingPermission } from './permission-schemas.ts'

/** Schemas of connections and of the calls about them. */

const open = { additionalProperties: true }
const closed = { additionalProperties: false }
const time = (description: string) => Type.String({ format: 'date-time', description })

/** What becomes of a connection without its clients. Only in answers. */
const checkMembers = {
  check: Type.Optional(
    Type.Object(
      {
        status: Type.String({ enum: ['succeeded', 'failed'] }),
        message: Type.String({ description: 'What Intercom has said, for people' }),
        checkedAt: time('When Intercom was asked'),
      },
      { description: 'The last check of its config and streams. Absent when they were stored unchecked' },
    ),
  ),
  access: Type.Optional(
    Type.String({
      enum: [...accesses],
      description:
        'How it has got its access token: somebody has signed in at Intercom (oauth), or has given it. Absent when nobody knows',
    }),
  ),
  declaredIn: Type.Optional(
    Type.String({
      enum: ['CONNECTIONS_FILE'],
      description: 'The operator declares it there: what the file says comes back whenever the service reads the file',
    }),
  ),
}

export const connectionSchema = Type.Object(
  {
    connectionId: connectionIdSchema,
    config: Type.Optional(
      Type.Object({}, { ...open, description: 'The config as it was given, each secret replaced by asterisks' }),
    ),
    catalog: Type.Optional(Type.Ref('ConfiguredCatalog')),
    streams: Type.Optional(
      Type.Array(Type.Object({ name: Type.String(), syncMode: Type.String() }), {
        description: 'Its streams, in answers without the catalog',
      }),
    ),
    problem: Type.Optional(
      Type.String({
        description: 'Why the config and the catalog cannot be shown: the key that encrypted them is missing',
      }),
    ),
    onMissingPermission: Type.Optional(onMissingPermission('Absent means `fail`; jobs may say otherwise')),
    ...scheduleMembers,
    ...webhookMembers,
    ...runMembers,
    ...checkMembers,
    warnings: Type.Optional(
      Type.Array(Type.String(), {
        description:
          'Only in the answer to PUT, PATCH and clone: what its jobs will stumble over. Empty if nothing is known',
      }),
    ),
    workspaceId: Type.Optional(
      Type.String({ description: "Intercom's id of the workspace that its data is of, once it is known" }),
    ),
    createdAt: time('When it was made'),
    lastUpdatedAt: time('When config and catalog were last put'),
  },
  { $id: 'Connection', title: 'Connection' },
)

export const connectionParameters = Type.Object({ connectionId: connectionIdSchema })

const include = Type.Optional(
  Type.String({ enum: ['catalog'], description: 'The whole catalog, with all schemas, in place of `streams`' }),
)

/** What `GET` answers goes back into `PUT`. */
const asRead = Type.String({ description: 'As `GET` gave it; it is not changed' })

/** The contents of the members are checked in the same way as for a job. */
export const newConnectionBody = Type.Object(
  {
    config: Type.Ref('SourceConfig'),
    catalog: Type.Optional(Type.Ref('Catalog')),
    streams: Type.Optional(Type.Ref('StreamList')),
    onMissingPermission: Type.Optional(onMissingPermission('`fail` if it is left out')),
    ...scheduleMembers,
    ...webhookMembers,
    connectionId: Type.Optional(connectionIdSchema),
    ...runMembers,
    workspaceId: Type.Optional(asRead),
    ...checkMembers,
    createdAt: Type.Optional(asRead),
    lastUpdatedAt: Type.Optional(asRead),
    warnings: Type.Optional(Type.Array(Type.String(), { description: 'As `PUT` gave it; it is found out anew' })),
  },
  {
    ...closed,
    description: '`catalog` or `streams`, or neither for all streams that are read by default',
    examples: [
      {
        config: exampleConfig,
        streams: ['contacts', 'companies'],
        schedule: { type: 'cron', cron: '0 3 * * *', timeZone: 'Europe/Berlin' },
      },
    ],
  },
)

export const connectionQuery = Type.Object({ include }, closed)

/** Whether a connection begins anew, with whatever workspace the token leads to. */
export const resetState = byDefault(
  Type.Boolean({
    default: false,
    description:
      'Reset the state as well, and take the workspace of the new access token, whatever the connection was connected to',
  }),
)

const orNull = (schema: TSchema) => Type.Optional(Type.Union([schema, Type.Null()]))
const someOf = (description: string) => Type.Object({}, { ...open, description })

/** The result is checked as the body of `PUT` is. */
export const connectionPatchBody = Type.Object(
  {
    config: Type.Optional(someOf('Members of the config to change; null removes one, a mask keeps what is stored')),
    catalog: orNull(someOf('Members of the catalog to change; its streams are replaced whole')),
    streams: orNull(Type.Ref('StreamList')),
    onMissingPermission: orNull(onMissingPermission('null = `fail`')),
    schedule: orNull(someOf('Members to change; with another `type`, a whole schedule; null = none')),
    ack: orNull(scheduleMembers.ack),
    fullRefresh: orNull(someOf('Members to change; null = none')),
    paused: orNull(scheduleMembers.paused),
    webhooks: orNull(webhookMembers.webhooks),
  },
  {
    ...closed,
    description: 'A JSON merge patch (RFC 7396) of what `GET` answers: what is left out stays, null removes',
    examples: [{ schedule: { type: 'interval', every: 'PT6H' } }],
  },
)

export const cloneBody = Type.Object(
  { connectionId: connectionIdSchema },
  { ...closed, description: 'The id of the new connection', examples: [{ connectionId: 'acme-2' }] },
)

const rfc3339 = { pattern: '^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z$', maxLength: 20 }

export const refreshBody = Type.Object(
  {
    streams: Type.Array(Type.String(), {
      minItems: 1,
      maxItems: 100,
      description: 'Streams of the connection that have a cursor',
    }),
    since: Type.String({ ...rfc3339, description: 'UTC; rows updated at this time and later' }),
    until: Type.Optional(Type.String({ ...rfc3339, description: 'UTC; only rows updated before. Left out: all' })),
  },
  { ...closed, examples: [{ streams: ['contacts'], since: '2025-03-01T00:00:00Z', until: '2025-04-01T00:00:00Z' }] },
)

export const connectionDiffSchema = Type.Object({
  change: Type.String({
    enum: ['created', 'changed', 'unchanged'],
    description: 'What `PUT` of the same body would do',
  }),
  changes: Type.Array(
    Type.Object({
      pointer: Type.String({ description: 'The member; `/streams/NAME` stands for a stream of the catalog' }),
      before: Type.Optional(Type.Unknown({ description: 'Absent when there is none; secrets are masked' })),
      after: Type.Optional(Type.Unknown({ description: 'Absent when there will be none; secrets are masked' })),
    }),
  ),
})

/** For calls that make or change a connection. */
const validate = byDefault(
  Type.Boolean({
    default: true,
    description: 'Ask Intercom first, and store nothing that it does not accept; false = store it unchecked',
  }),
)

export const changeQuery = Type.Object({ include, validate, resetState }, closed)

export const putHeaders = Type.Object({
  'if-none-match': Type.Optional(
    Type.Literal('*', { description: 'Makes a connection, and never replaces one: 409 `connection_exists`' }),
  ),
})

export const cloneQuery = Type.Object({ include, validate }, closed)

export const connectionListQuery = Type.Object(
  {
    include,
    ...pageParameters,
    cursor: Type.Optional(
      Type.String({ pattern: '^[A-Za-z0-9_-]{1,64}$', description: 'The `next` of the previous page' }),
    ),
  },
  closed,
)

export type ConnectionBody = Static<typeof connectionSchema>
