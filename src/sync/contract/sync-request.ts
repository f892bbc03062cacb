import type { ConfiguredCatalog } from '../../airbyte/catalog.ts'
import { defaultApiVersion, readSourceConfig, type SourceConfig } from '../../airbyte/source-config.ts'
import { readStates } from '../../airbyte/state/read-states.ts'
import type { GivenState, StreamStates } from '../../airbyte/state/stream-states.ts'
import { CodedError, type Fault, listFaults } from '../../errors.ts'
import { resolveEvery } from '../../streams/every-stream.ts'
import { readSelection, type UnknownStreams } from '../../streams/selection.ts'
import { findStream, sourceOf } from '../../streams/table.ts'
import { withSeconds } from '../state/foreign-cursor.ts'
import { isComplete } from '../state/search-state.ts'
import { checkSearchState } from '../state/search-state-schema.ts'

/**
 * A sync job's request, checked and with defaults filled in. It is sealed for the worker and passed to `runSync`.
 * JSON-safe.
 */
export interface SyncRequest {
  config: SourceConfig
  catalog: ConfiguredCatalog
  states: StreamStates
  /** Streams that the token may not read are left out. @defaultValue they fail the job */
  onMissingPermission?: 'skip'
  /** The workspace that its connection's data is of: another one is not read. @defaultValue nobody knows */
  workspaceId?: string
  /** Only records updated before this, Unix seconds; of a child stream, only children of such parents. @defaultValue all */
  until?: number
}

/** What a job or a connection may say about streams that the token may not read. */
export const missingPermissionChoices = ['fail', 'skip'] as const

/** The members of a request's body that say what to sync, as they were received. */
export interface SyncRequestBody {
  config?: unknown
  catalog?: unknown
  streams?: unknown
  state?: unknown
  /** One of `missingPermissionChoices`. */
  onMissingPermission?: unknown
}

/**
 * Checks the body of a sync job and fills in the defaults, the streams that `*` stands for among them.
 *
 * @param unknownStreams what becomes of streams in the catalog that this version does not have. @defaultValue refuse
 * @throws CodedError `invalid_request`, as `parseSettings` does
 */
export function parseSyncRequest(body: SyncRequestBody, unknownStreams?: UnknownStreams): SyncRequest {
  const request = parseSettings(body, unknownStreams)
  return { ...request, catalog: resolveEvery(request.catalog, request.config.api_version) }
}

/**
 * Checks the body of a sync job and fills in the defaults; `*` stays in the catalog, as a connection keeps it. The state of a
 * stream that this version does not have is no fault: platforms keep the states of streams that were removed. It stays
 * among the states, and the job says so.
 *
 * @param unknownStreams what becomes of such streams in the catalog. @defaultValue refuse
 * @throws CodedError `invalid_request` with a JSON pointer (`/config/start_date`, `/catalog/streams/0/stream/name`) for
 * every fault
 */
export function parseSettings(body: SyncRequestBody, unknownStreams?: UnknownStreams): SyncRequest {
  const faults: Fault[] = []
  const config = readSourceConfig(body.config, '/config', faults)
  const version = config && (config.api_version ?? defaultApiVersion)
  const catalog = readSelection(body, faults, { unknown: unknownStreams, version })
  const given = readStates(body.state, '/state', faults)
  const byStream = new Map(given.map((state) => [state.streamName, checkState(state, faults)]))
  // A client that asks for increments sends back every state there is, including the end of the last full refresh.
  for (const { stream, always_whole } of catalog.streams)
    if (always_whole && isComplete(byStream.get(stream.name))) byStream.delete(stream.name)
  if (config) refuseAppend(config, catalog, faults)
  if (!config || faults.length > 0) {
    throw new CodedError('invalid_request', `The request is not valid: ${listFaults(faults, 10)}`, { faults })
  }
  return { config, catalog, states: Object.fromEntries(byStream), ...skipping(body) }
}

/** A destination that only appends would keep a tombstone as one more row, and the row it stands for. */
function refuseAppend({ tombstones }: SourceConfig, { streams }: ConfiguredCatalog, faults: Fault[]): void {
  if (tombstones !== 'airbyte') return
  for (const { stream, sync_mode, destination_sync_mode } of streams) {
    if (!findStream(stream.name)?.tombstones || sync_mode !== 'incremental' || destination_sync_mode !== 'append')
      continue
    const detail = `airbyte needs destinations that deduplicate: let ${stream.name} be append_dedup in the catalog, or put none here`
    faults.push({ pointer: '/config/tombstones', detail })
  }
}

/** The state as processes of every version read it. */
function checkState({ streamName, pointer, state }: GivenState, faults: Fault[]): StreamStates[string] {
  const entry = findStream(streamName)
  if (!entry?.cursor) return state
  const { cursor } = entry
  const parent = sourceOf(entry).child?.parent
  const before = faults.length
  checkSearchState(state, pointer, faults, { cursor, parent })
  return faults.length > before ? state : withSeconds(state, cursor, parent)
}

/** The member of a request by which a body asks to leave out what the token may not read. */
export function skipping({
  onMissingPermission,
}: Pick<SyncRequestBody, 'onMissingPermission'>): Pick<SyncRequest, 'onMissingPermission'> {
  return onMissingPermission === 'skip' ? { onMissingPermission } : {}
}
