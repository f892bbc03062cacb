import { isObject } from '../json-object.ts'

/** Airbyte's sync modes of a source. */
export type SyncMode = 'full_refresh' | 'incremental'

/** Airbyte's ConfiguredAirbyteCatalog, as far as a source reads it. */
export interface ConfiguredCatalog {
  streams: ConfiguredStream[]
}

export interface ConfiguredStream {
  stream: { name: string; json_schema: Record<string, unknown> }
  sync_mode: SyncMode
  /** Incremental was asked of a stream that cannot: every job reads it whole. */
  always_whole?: true
  /** What the destination tells records apart by, as paths. */
  primary_key?: string[][]
  /** What the destination does with them, e.g. `append_dedup`. */
  destination_sync_mode?: string
}

/**
 * The types a configured stream's schema declares for a top-level property, e.g. `['null', 'string']`; empty when it
 * declares none. The schema is the client's: it is only looked at, never compiled.
 */
export function declaredTypes(stream: ConfiguredStream, property: string): string[] {
  const { properties } = stream.stream.json_schema
  const declared = isObject(properties) && Object.hasOwn(properties, property) ? properties[property] : undefined
  const type = isObject(declared) ? declared.type : undefined
  return [type].flat().filter((name) => typeof name === 'string')
}
