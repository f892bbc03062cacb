import { isObject } from '../json-object.ts'

/** Airbyte's sync modes of a source. */
export type SyncMode = 'full_refresh' | 'incremental'

/** The part of Airbyte's ConfiguredAirbyteCatalog that a source reads. */
export interface ConfiguredCatalog {
  streams: ConfiguredStream[]
}

export interface ConfiguredStream {
  stream: { name: string; json_schema: Record<string, unknown> }
  sync_mode: SyncMode
  /** The catalog asks for incremental, but the stream cannot do it. Every job reads it whole. */
  always_whole?: true
  /** `*` has brought it: it is left out where the token may not read it. */
  only_if_permitted?: true
  /** The fields by which the destination identifies records, as paths. */
  primary_key?: string[][]
  /** How the destination stores the records, e.g. `append_dedup`. */
  destination_sync_mode?: string
}

/**
 * The types that a configured stream's schema declares for a top-level property, e.g. `['null', 'string']`; empty when
 * it declares none. The schema comes from the client, so we only look at it and never compile it.
 */
export function declaredTypes(stream: ConfiguredStream, property: string): string[] {
  const { properties } = stream.stream.json_schema
  const declared = isObject(properties) && Object.hasOwn(properties, property) ? properties[property] : undefined
  const type = isObject(declared) ? declared.type : undefined
  return [type].flat().filter((name) => typeof name === 'string')
}
