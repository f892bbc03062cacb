import { type Static, Type } from 'typebox'
import { runMembers, scheduleMembers } from '../schedules/schedule-schemas.ts'
import { connectionIdSchema, pageParameters } from './list-schemas.ts'
import { byDefault } from './parameters.ts'
import { exampleConfig } from './payload-schemas.ts'
import { onMissingPermission } from './permission-schemas.ts'

/** Schemas of connections and of the calls about them. */

const open = { additionalProperties: true }
const closed = { additionalProperties: false }
const time = (description: string) => Type.String({ format: 'date-time', description })

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
    ...runMembers,
    warnings: Type.Optional(
      Type.Array(Type.String(), {
        description: 'Only in the answer to PUT: what its jobs will stumble over. Empty if nothing is known',
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
    connectionId: Type.Optional(connectionIdSchema),
    ...runMembers,
    workspaceId: Type.Optional(asRead),
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

export const putConnectionQuery = Type.Object({ include, resetState }, closed)

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
