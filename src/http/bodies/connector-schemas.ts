import { type Static, Type } from 'typebox'
import { unreadableReasons } from '../../streams/refusals.ts'
import { connectionIdSchema } from './list-schemas.ts'
import { exampleConfig } from './payload-schemas.ts'

/** Schemas of spec, check and discover. */

const open = { additionalProperties: true }

export const specMessageSchema = Type.Object(
  {
    type: Type.Literal('SPEC'),
    spec: Type.Object({}, { ...open, description: 'ConnectorSpecification of the Airbyte protocol' }),
  },
  { $id: 'SpecMessage', title: 'SpecMessage', description: 'An Airbyte message' },
)

/** What a check has found, for programs. The message says the same to people. */
const checkAnswer = Type.Object({
  workspace: Type.Optional(
    Type.Object(
      {
        workspaceId: Type.Optional(Type.String()),
        region: Type.Optional(Type.String()),
        timeZone: Type.Optional(Type.String()),
        apiVersion: Type.String({ description: "Of Intercom's API" }),
        rateLimit: Type.Optional(Type.Integer({ description: 'Requests that Intercom allows the token in 10 s' })),
      },
      { description: 'What the token leads to, if the check succeeded' },
    ),
  ),
  unreadableStreams: Type.Optional(
    Type.Array(
      Type.Object({
        streamName: Type.String(),
        reason: Type.String({
          enum: [...unreadableReasons],
          description:
            'permission = the token lacks one; absent = the workspace does not have the stream; refused = neither, and ' +
            '`detail` has what Intercom says',
        }),
        permission: Type.Optional(Type.String({ description: "The one that is missing, in Intercom's words" })),
        detail: Type.String({ description: 'What Intercom answered' }),
        fix: Type.String({ description: 'What to do about it' }),
      }),
      { description: 'The streams among those that were tried that the token may not read' },
    ),
  ),
})

export type CheckAnswer = Static<typeof checkAnswer>

export const connectionStatusMessageSchema = Type.Object(
  {
    type: Type.Literal('CONNECTION_STATUS'),
    connectionStatus: Type.Object({
      status: Type.String({ enum: ['SUCCEEDED', 'FAILED'] }),
      message: Type.String({ description: 'The result of the check, or why the config cannot be used' }),
    }),
    ...checkAnswer.properties,
  },
  { $id: 'ConnectionStatusMessage', title: 'ConnectionStatusMessage', description: 'An Airbyte message' },
)

export const catalogMessageSchema = Type.Object(
  {
    type: Type.Literal('CATALOG'),
    catalog: Type.Ref('DiscoveredCatalog'),
  },
  { $id: 'CatalogMessage', title: 'CatalogMessage', description: 'An Airbyte message' },
)

const closed = { additionalProperties: false }

/** A body of another shape is refused with 400. Faults inside `config` are not: the check reports them as its result. */
export const checkBody = Type.Object(
  {
    config: Type.Optional(Type.Ref('SourceConfig')),
    connectionId: Type.Optional(connectionIdSchema),
    streams: Type.Optional(Type.Ref('StreamList')),
    everyStream: Type.Optional(
      Type.Boolean({
        description:
          'Tries every stream that the version of the config has. One that cannot be read is in `unreadableStreams`, and ' +
          'fails the check only if `streams` names it',
      }),
    ),
  },
  {
    ...closed,
    description: '`config` or `connectionId`; `streams` are those that the token must be able to read',
    examples: [{ config: exampleConfig, streams: ['contacts'] }],
  },
)

export const discoverBody = Type.Object(
  { config: Type.Optional(Type.Ref('SourceConfig')), connectionId: Type.Optional(connectionIdSchema) },
  { ...closed, description: '`config` or `connectionId`, or neither', examples: [{ config: exampleConfig }] },
)
