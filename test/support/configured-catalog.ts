import type { SyncMode } from '../../src/airbyte/catalog.ts'
import { streamSchema } from '../../src/streams/schemas.ts'
import { streamTable } from '../../src/streams/table.ts'

/** A catalog as Airbyte sends it: incremental where possible, or one mode for all. */
export function configuredCatalog(streams = streamTable.map(({ name }) => name), mode?: SyncMode) {
  return {
    streams: streamTable
      .filter(({ name }) => streams.includes(name))
      .map(({ name, cursor, primaryKey }) => ({
        stream: { name, json_schema: streamSchema(name), supported_sync_modes: ['full_refresh'] },
        sync_mode: mode ?? (cursor ? 'incremental' : 'full_refresh'),
        destination_sync_mode: 'append_dedup',
        primary_key: primaryKey,
        generation_id: null,
      })),
  }
}
