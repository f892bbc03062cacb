import type { ConfiguredCatalog } from '../airbyte/catalog.ts'
import type { SourceConfig } from '../airbyte/source-config.ts'

/** `stream_state` blobs by stream name. */
export type StreamStates = Record<string, Record<string, unknown>>

/** A sync job's request, checked and completed: what is sealed for the worker and given to `runSync`. JSON-safe. */
export interface SyncRequest {
  config: SourceConfig
  catalog: ConfiguredCatalog
  states: StreamStates
}

/**
 * Checks the body of a sync job and fills in what was left out.
 *
 * @throws CodedError `invalid_request` with a JSON pointer (`/config/start_date`, `/catalog/streams/0/stream/name`) for every fault
 */
export function parseSyncRequest(_body: unknown): SyncRequest {
  throw new Error('not yet')
}
