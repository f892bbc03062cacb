import { type Fault, listFaults } from '../errors.ts'
import type { SyncMode } from './catalog.ts'
import { type ConnectorSpecification, connectorSpecification } from './spec.ts'

/** The messages of `spec`, `check` and `discover`: one each, as objects (protocol v0, package 0.18.0). */

interface SpecMessage {
  type: 'SPEC'
  spec: ConnectorSpecification
}

/** Whether a config can be used. `message` says why not, or what follows from the config. */
export interface ConnectionStatus {
  status: 'SUCCEEDED' | 'FAILED'
  message: string
}

export interface ConnectionStatusMessage {
  type: 'CONNECTION_STATUS'
  connectionStatus: ConnectionStatus
}

/** Airbyte's AirbyteStream: which stream can be synced, but not how to sync it. */
export interface AirbyteStream {
  name: string
  json_schema: Record<string, unknown>
  supported_sync_modes: SyncMode[]
  source_defined_primary_key: string[][]
  /** With `default_cursor_field` only. */
  source_defined_cursor?: true
  default_cursor_field?: string[]
  is_resumable: boolean
}

export interface CatalogMessage {
  type: 'CATALOG'
  catalog: { streams: AirbyteStream[] }
}

export function specMessage(): SpecMessage {
  return { type: 'SPEC', spec: connectorSpecification() }
}

export function connectionStatusMessage(connectionStatus: ConnectionStatus): ConnectionStatusMessage {
  return { type: 'CONNECTION_STATUS', connectionStatus }
}

/** The verdict on a config with wrong contents. The faults' pointers start inside the config. */
export function unusableConfig(faults: readonly Fault[]): ConnectionStatus {
  const named = faults.map(({ pointer, detail }) => ({ pointer: pointer.slice(1), detail }))
  return { status: 'FAILED', message: `The config cannot be used: ${listFaults(named)}.` }
}

export function catalogMessage(streams: AirbyteStream[]): CatalogMessage {
  return { type: 'CATALOG', catalog: { streams } }
}
