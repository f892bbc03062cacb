import type { ConfiguredCatalog } from '../../airbyte/catalog.ts'
import { readSourceConfig, type SourceConfig } from '../../airbyte/source-config.ts'
import { readStates, type StreamStates } from '../../airbyte/state.ts'
import { CodedError, type Fault } from '../../errors.ts'
import { readSelection } from '../../streams/selection.ts'
import { findStream } from '../../streams/table.ts'
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
 * Checks the body of a sync job and fills in the defaults.
 *
 * @throws CodedError `invalid_request` with a JSON pointer (`/config/start_date`, `/catalog/streams/0/stream/name`) for
 * every fault
 */
export function parseSyncRequest(body: SyncRequestBody): SyncRequest {
  const faults: Fault[] = []
  const config = readSourceConfig(body.config, '/config', faults)
  const catalog = readSelection(body, faults)
  const given = readStates(body.state, '/state', faults)
  const byStream = new Map<string, StreamStates[string]>()
  for (const { streamName, pointer, state } of given) {
    const entry = findStream(streamName)
    if (!entry) faults.push({ pointer, detail: `${JSON.stringify(streamName)} is no stream of this connector` })
    else if (entry.cursor)
      checkSearchState(state, pointer, faults, { cursor: entry.cursor, parent: entry.child?.parent })
    byStream.set(streamName, state)
  }
  // A client that asks for increments sends back every state there is, including the end of the last full refresh.
  for (const { stream, always_whole } of catalog.streams)
    if (always_whole && isComplete(byStream.get(stream.name))) byStream.delete(stream.name)
  if (!config || faults.length > 0) {
    const detail = faults.map(({ pointer, detail }) => `${pointer} ${detail}`).join('; ')
    throw new CodedError('invalid_request', `The request is not valid: ${detail}`, { faults })
  }
  return { config, catalog, states: Object.fromEntries(byStream), ...skipping(body) }
}

/** The member of a request by which a body asks to leave out what the token may not read. */
export function skipping({
  onMissingPermission,
}: Pick<SyncRequestBody, 'onMissingPermission'>): Pick<SyncRequest, 'onMissingPermission'> {
  return onMissingPermission === 'skip' ? { onMissingPermission } : {}
}
