import { type TSchema, Type } from 'typebox'
import { bridgeMembers, type ConfigMember, configMembers, requiredMembers } from '../../airbyte/config-members.ts'
import { EVERY_STREAM } from '../../streams/every-stream.ts'
import { streamTable } from '../../streams/table.ts'

/**
 * Airbyte's payloads in requests, as the OpenAPI document describes them. They are only described: what is in them is
 * checked when a sync request is made of them (`sync-request.ts`), which accepts older forms too and names every fault
 * in words.
 */

const open = { additionalProperties: true }

/** It holds the token that the simulator takes, so that every example runs as it is. */
export const exampleConfig = { access_token: 'simulator-token' }

const sourceConfigSchema = Type.Object(
  Object.fromEntries(
    Object.entries<ConfigMember>(configMembers)
      .filter(([name]) => !bridgeMembers.some((one) => one === name))
      .map(([name, member]) => [
        name,
        describeMember(
          member,
          requiredMembers.some((one) => one === name),
        ),
      ]),
  ),
  {
    $id: 'SourceConfig',
    title: 'SourceConfig',
    ...open,
    description: "The connector's config, as `GET /v1/spec` describes it. Members that it does not name are ignored",
  },
)

/** The default is told in words: generators take a member that has one for a member that is always there. */
function describeMember(member: ConfigMember, isRequired: boolean): TSchema {
  const { title, description, type, enum: values, minimum, maximum, pattern, format, examples } = member
  const schema = Type.Unsafe<unknown>({
    type,
    title,
    description: member.default === undefined ? description : `${description} Default: ${member.default}.`,
    ...(values && { enum: values }),
    ...(minimum !== undefined && { minimum }),
    ...(maximum !== undefined && { maximum }),
    ...(pattern !== undefined && { pattern }),
    ...(format && { format }),
    ...(examples && { examples }),
  })
  return isRequired ? schema : Type.Optional(schema)
}

const streamName = Type.String({
  enum: [...streamTable.map(({ name }) => name), EVERY_STREAM],
  description:
    'A stream. `*` = those that are read when none is named, and every other one that the token may read, that the ' +
    'API version has, and that costs no request per parent',
})
const syncMode = Type.String({ enum: ['full_refresh', 'incremental'] })

const streamListSchema = Type.Array(
  Type.Union([streamName, Type.Object({ name: streamName, syncMode: Type.Optional(syncMode) })]),
  {
    $id: 'StreamList',
    title: 'StreamList',
    minItems: 1,
    description:
      'In place of a catalog: names, or names with a mode. Without a mode a stream is read incrementally if it can be',
    examples: [['contacts', { name: 'tags', syncMode: 'full_refresh' }]],
  },
)

const configuredCatalogSchema = Type.Object(
  {
    streams: Type.Array(
      Type.Object(
        {
          stream: Type.Object({ name: Type.String(), json_schema: Type.Optional(Type.Object({}, open)) }, open),
          sync_mode: syncMode,
          destination_sync_mode: Type.Optional(Type.String()),
          primary_key: Type.Optional(Type.Array(Type.Array(Type.String()))),
        },
        open,
      ),
    ),
  },
  { $id: 'ConfiguredCatalog', title: 'ConfiguredCatalog', ...open, description: "Airbyte's ConfiguredAirbyteCatalog" },
)

const discoveredCatalogSchema = Type.Object(
  {
    streams: Type.Array(
      Type.Object(
        { name: Type.String(), json_schema: Type.Object({}, open) },
        { ...open, description: 'AirbyteStream of the Airbyte protocol' },
      ),
    ),
  },
  { $id: 'DiscoveredCatalog', title: 'DiscoveredCatalog', description: "Airbyte's AirbyteCatalog" },
)

const catalogSchema = Type.Union(
  [Type.Ref('ConfiguredCatalog'), Type.Ref('CatalogMessage'), Type.Ref('DiscoveredCatalog')],
  {
    $id: 'Catalog',
    title: 'Catalog',
    description: 'A ConfiguredAirbyteCatalog, or what `POST /v1/discover` answers, or the `catalog` in that',
  },
)

const exampleState = { updated_at: 1_767_225_600 }

const stateMessageSchema = Type.Object(
  {
    type: Type.Literal('STREAM'),
    stream: Type.Object({
      stream_descriptor: Type.Object({ name: Type.String() }),
      stream_state: Type.Object({}, open),
    }),
  },
  { $id: 'StateMessage', title: 'StateMessage', description: "Airbyte's AirbyteStateMessage of one stream" },
)

const statesSchema = Type.Array(Type.Ref('StateMessage'), {
  $id: 'States',
  title: 'States',
  description: 'As `GET` of a state answers them',
})

const streamDescriptorSchema = Type.Object(
  { name: Type.String() },
  { ...open, $id: 'StreamDescriptor', title: 'StreamDescriptor', description: "A stream's name as Airbyte writes it" },
)

const streamStateSchema = Type.Object(
  { streamDescriptor: Type.Ref('StreamDescriptor'), streamState: Type.Object({}, open) },
  {
    ...open,
    $id: 'StreamState',
    title: 'StreamState',
    description: "A stream's state as Airbyte's settings page and API write it",
  },
)

const connectionStateSchema = Type.Object(
  { stateType: Type.String(), streamState: Type.Optional(Type.Array(Type.Ref('StreamState'))) },
  { ...open, $id: 'ConnectionState', title: 'ConnectionState', description: "A state as Airbyte's API answers it" },
)

const givenStatesSchema = Type.Union(
  [
    Type.Ref('States'),
    Type.Array(Type.Ref('StreamState')),
    Type.Ref('ConnectionState'),
    Type.Object({}, { ...open, description: "One message, or each stream's state by its name (LEGACY)" }),
  ],
  {
    $id: 'GivenStates',
    title: 'GivenStates',
    description:
      'A state in any form in which Airbyte shows it: messages of type STREAM, GLOBAL and LEGACY, with or without the ' +
      "envelope of a line of type STATE, the connection's settings page, the API's answer, states by stream. A state of " +
      'a stream that is not here is no fault',
    examples: [
      [{ type: 'STREAM', stream: { stream_descriptor: { name: 'contacts' }, stream_state: exampleState } }],
      [{ streamDescriptor: { name: 'contacts' }, streamState: exampleState }],
    ],
  },
)

/** The schemas of all payloads, for the document and for answers. */
export const payloadSchemas: readonly TSchema[] = [
  sourceConfigSchema,
  streamListSchema,
  configuredCatalogSchema,
  discoveredCatalogSchema,
  catalogSchema,
  stateMessageSchema,
  statesSchema,
  streamDescriptorSchema,
  streamStateSchema,
  connectionStateSchema,
  givenStatesSchema,
]

/** What a request body may hold in their place, as far as its own schema goes: anything. */
export const uncheckedPayloads: Record<string, TSchema> = Object.fromEntries(
  ['SourceConfig', 'StreamList', 'Catalog', 'States', 'GivenStates'].map((name) => [name, Type.Unknown()]),
)
