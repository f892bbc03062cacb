import { type ConfiguredStream, declaredTypes } from '../airbyte/catalog.ts'
import type { logLine } from '../airbyte/messages.ts'
import type { SourceConfig } from '../airbyte/source-config.ts'
import type { IntercomClient } from '../intercom/client.ts'
import type { IdType } from '../intercom/record-text.ts'
import type { Workspace } from '../intercom/workspace.ts'
import type { StreamEntry } from '../streams/table.ts'

/**
 * A walk is one traversal of Intercom that feeds one or more streams. It fetches ahead of its reader: what it yields
 * are answers that have *arrived*; nothing has moved yet. Taking an arrival turns it into records and moves the
 * walk's position in one step. So at any moment the position covers exactly the arrivals taken, and that is what a
 * commit stores, however far fetching has run ahead.
 */
export interface Walk {
  streamNames: readonly string[]
  /** Arrivals in the order they must be taken. Does not wait for them to be taken. */
  arrivals(): AsyncGenerator<Arrival, void, void>
  /** JSON-safe; given back to the walk when an attempt goes on. Undefined while nothing has been taken. */
  position(): Record<string, unknown> | undefined
  /** The `stream_state` that covers what has been taken. */
  streamState(streamName: string): Record<string, unknown>
}

export interface Arrival {
  take(sink: Sink): void
}

/** Where taken arrivals go. */
export interface Sink {
  record(streamName: string, text: Buffer): void
  estimate(streamName: string, rows: number): void
  log(level: Parameters<typeof logLine>[0], message: string): void
}

/** What every kind of walk is made from. */
export interface WalkOptions {
  entry: StreamEntry
  configured: ConfiguredStream
  config: SourceConfig
  client: IntercomClient
  workspace: Workspace
  /** The stream's state from the request. */
  state: Record<string, unknown> | undefined
  /** What `position()` gave when the last durable commit was made. */
  position: Record<string, unknown> | undefined
}

/** The types that id members take in this stream's messages: as the configured catalog declares, else strings. */
export function idTypes(entry: StreamEntry, configured: ConfiguredStream): Map<string, IdType> {
  return new Map(
    entry.idMembers.map((name) => {
      const types = declaredTypes(configured, name)
      return [name, types.includes('integer') && !types.includes('string') ? 'integer' : 'string']
    }),
  )
}

/** Something a walk has to say. */
export interface LogEntry {
  level: Parameters<typeof logLine>[0]
  message: string
}
