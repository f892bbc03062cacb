import type { AirbyteStream } from '../airbyte/connector-messages.ts'
import type { ApiVersion, SourceConfig } from '../airbyte/source-config.ts'
import type { IntercomClient } from '../intercom/client.ts'
import { type AttributeModel, type DataAttribute, readCustomAttributes } from '../intercom/endpoints/data-attributes.ts'
import { readWorkspace } from '../intercom/endpoints/workspace.ts'
import { isObject } from '../json-object.ts'
import { askProbes, probesOf, refusedStreams } from './refusals.ts'
import { streamSchema } from './schemas.ts'
import { type StreamEntry, streamTable } from './table.ts'
import { streamsOfVersion } from './versions.ts'

/** Streams whose records have custom attributes, and what Intercom calls the model of each. */
const attributeModels: Record<string, AttributeModel> = {
  contacts: 'contact',
  companies: 'company',
  conversations: 'conversation',
}

/** JSON types for the values of a custom attribute, by Intercom's data type. Types that are missing here stay open. */
const valueTypes: Record<string, string[]> = {
  string: ['null', 'string'],
  integer: ['null', 'integer'],
  float: ['null', 'number'],
  boolean: ['null', 'boolean'],
  /** Unix seconds. */
  date: ['null', 'integer'],
  /** Unix seconds, or ISO 8601 if the value was written that way. */
  datetime: ['null', 'integer', 'string'],
  options: ['null', 'string'],
  list: ['null', 'string'],
  relationship: ['null', 'object'],
}

/** All streams of all versions, with schemas that hold for any workspace. */
export function listStreams(): AirbyteStream[] {
  return streamTable.map((entry) => toAirbyteStream(entry, streamSchema(entry.name)))
}

/**
 * The streams that a version has, with the custom attributes typed as this workspace defines them. If the token may not read the
 * definitions, the attributes stay an open object.
 *
 * @throws CodedError `token_invalid`, `intercom_unavailable`, `intercom_protocol`
 */
export async function discoverStreams(
  client: IntercomClient,
  { api_version: version, tombstones }: Pick<SourceConfig, 'api_version' | 'tombstones'> = {},
): Promise<AirbyteStream[]> {
  await readWorkspace(client, version)
  const absent = await findAbsentStreams(client, version)
  return Promise.all(
    streamsOfVersion(version)
      .filter(({ name }) => !absent.includes(name))
      .map(async (entry) => {
        const schema = tombstones === 'airbyte' && entry.tombstones ? withTombstone(entry) : streamSchema(entry.name)
        const model = attributeModels[entry.name]
        if (!model) return toAirbyteStream(entry, schema)
        return toAirbyteStream(entry, typeAttributes(schema, await readCustomAttributes(client, model, version)))
      }),
  )
}

/** The streams of the version that some workspaces do not have, and this one does not. */
async function findAbsentStreams(client: IntercomClient, version: ApiVersion | undefined): Promise<string[]> {
  const doubtful = streamsOfVersion(version).flatMap(({ name, mayBeAbsent }) => (mayBeAbsent ? [name] : []))
  const refusals = await askProbes(client, probesOf(doubtful, version))
  return refusedStreams(refusals.filter(({ error }) => error.isAbsence))
}

function toAirbyteStream(entry: StreamEntry, json_schema: Record<string, unknown>): AirbyteStream {
  return {
    name: entry.name,
    json_schema,
    supported_sync_modes: entry.cursor ? ['full_refresh', 'incremental'] : ['full_refresh'],
    source_defined_primary_key: entry.primaryKey.map((path) => [...path]),
    ...(entry.cursor && { source_defined_cursor: true, default_cursor_field: [entry.cursor] }),
    // The protocol allows this only with a source-defined cursor.
    is_resumable: entry.cursor !== undefined,
  }
}

/** The stream's schema with the members that only a tombstone has. */
function withTombstone({ name, tombstones }: StreamEntry): Record<string, unknown> {
  const schema = streamSchema(name)
  const isMerged = tombstones?.statuses?.includes('merged')
  const added = {
    _ab_cdc_deleted_at: { type: ['null', 'string'], format: 'date-time' },
    ...(isMerged && { merged_into_id: { type: ['null', 'string'] } }),
  }
  return { ...schema, properties: { ...(isObject(schema.properties) && schema.properties), ...added } }
}

/** Adds a property to the schema for each attribute; unknown attributes stay allowed. */
function typeAttributes(
  schema: Record<string, unknown>,
  attributes: readonly DataAttribute[],
): Record<string, unknown> {
  const { properties } = schema
  if (!isObject(properties) || !isObject(properties.custom_attributes)) return schema
  const typed = attributes.flatMap(({ name, dataType }) => {
    const type = Object.hasOwn(valueTypes, dataType) ? valueTypes[dataType] : undefined
    return type ? [[name, { type }] as const] : []
  })
  if (typed.length === 0) return schema
  const custom_attributes = { ...properties.custom_attributes, properties: Object.fromEntries(typed) }
  return { ...schema, properties: { ...properties, custom_attributes } }
}
