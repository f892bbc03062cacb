import { Type } from 'typebox'
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

export const connectionStatusMessageSchema = Type.Object(
  {
    type: Type.Literal('CONNECTION_STATUS'),
    connectionStatus: Type.Object({
      status: Type.String({ enum: ['SUCCEEDED', 'FAILED'] }),
      message: Type.String({ description: 'The result of the check, or why the config cannot be used' }),
    }),
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
