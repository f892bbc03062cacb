import { type Static, Type } from 'typebox'
import { connectionIdSchema, pageParameters } from './list-schemas.ts'
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
    catalog: Type.Optional(Type.Object({}, { ...open, description: 'A ConfiguredAirbyteCatalog' })),
    problem: Type.Optional(
      Type.String({
        description: 'Why the config and the catalog cannot be shown: the key that encrypted them is missing',
      }),
    ),
    onMissingPermission: Type.Optional(onMissingPermission('Absent means `fail`; jobs may say otherwise')),
    warnings: Type.Optional(
      Type.Array(Type.String(), {
        description: 'Only in the answer to PUT: what its jobs will stumble over. Empty if nothing is known',
      }),
    ),
    createdAt: time('When it was made'),
    lastUpdatedAt: time('When config and catalog were last put'),
  },
  { $id: 'Connection', title: 'Connection' },
)

export const connectionParameters = Type.Object({ connectionId: connectionIdSchema })

/** The contents of the members are checked in the same way as for a job. */
export const newConnectionBody = Type.Object(
  {
    config: Type.Unknown({ description: "The connector's config: access_token, start_date, …" }),
    catalog: Type.Optional(Type.Unknown({ description: 'A ConfiguredAirbyteCatalog, or a CATALOG message' })),
    streams: Type.Optional(Type.Unknown({ description: 'In place of a catalog: stream names, or {name, syncMode}' })),
    onMissingPermission: Type.Optional(onMissingPermission('`fail` if it is left out')),
  },
  closed,
)

export const connectionListQuery = Type.Object(
  {
    ...pageParameters,
    cursor: Type.Optional(
      Type.String({ pattern: '^[A-Za-z0-9_-]{1,64}$', description: 'The `next` of the previous page' }),
    ),
  },
  closed,
)

export type ConnectionBody = Static<typeof connectionSchema>
