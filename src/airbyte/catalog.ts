/** Airbyte's ConfiguredAirbyteCatalog, the parts a source reads. */
export interface ConfiguredCatalog {
  streams: ConfiguredStream[]
}
export interface ConfiguredStream {
  stream: { name: string; json_schema: Record<string, unknown> }
  sync_mode: 'full_refresh' | 'incremental'
}
