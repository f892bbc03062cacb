import type { ConfiguredStream } from '../../airbyte/catalog.ts'
import type { logLine, RecordChange } from '../../airbyte/messages.ts'
import type { SourceConfig } from '../../airbyte/source-config.ts'
import type { Clock } from '../../clock.ts'
import type { IntercomClient } from '../../intercom/client.ts'
import type { Workspace } from '../../intercom/endpoints/workspace.ts'
import type { TextSlice } from '../../intercom/text/record-text.ts'
import type { StreamEntry } from '../../streams/table.ts'
import type { Fingerprints } from '../delivered/fingerprints.ts'
import type { GrowingLists } from '../state/growing-lists.ts'
import type { Counter } from './commit.ts'
import type { CreateSpool } from './spool.ts'

/**
 * A walk is one traversal of Intercom that feeds one or more streams. It fetches ahead of its reader: it yields answers
 * that have *arrived*, and yielding moves nothing. Taking an arrival turns it into records and moves the walk's
 * position, in one step. So at any moment the position covers exactly the arrivals taken. A commit stores that
 * position, however far ahead the walk has fetched.
 */
export interface Walk {
  streamNames: readonly string[]
  /** Yields arrivals in the order in which they must be taken, without waiting until earlier ones have been taken. */
  arrivals(): AsyncGenerator<Arrival, void, void>
  /** JSON-safe; given back to the walk when another attempt continues. Undefined while nothing has been taken. */
  position(): Record<string, unknown> | undefined
  /** The `stream_state` that covers everything taken so far. */
  streamState(streamName: string): Record<string, unknown>
  /**
   * What has been read so far cannot be gone on with: another attempt would begin at the start. @defaultValue never
   */
  mustFinish?(): boolean
  /** The part of a stream that Intercom could not give although the walk has come to its end; undefined for nothing. */
  missing?(streamName: string): Missing | undefined
}

export interface Missing {
  /** For people to read. */
  words: string
  /** Parents whose children are missing, and records whose lists are incomplete. */
  retryIds: string[]
}

export interface Arrival {
  take(sink: Sink): void
}

/** Where taken arrivals go. */
export interface Sink {
  /** @param changes the fields of the record that Intercom did not give whole */
  record(streamName: string, text: TextSlice, changes?: readonly RecordChange[]): void
  /** A record is there: this job delivers it, or an earlier attempt at it has. @defaultValue ignored */
  present?(streamName: string, id: string): void
  /** A record that says that another one is deleted. It is no row. */
  tombstone(streamName: string, text: TextSlice): void
  /**
   * Intercom has said, once at least, that a record is gone that it has just shown. @defaultValue ignored
   *
   * @param textOf the record as it is delivered
   */
  mayBeGone?(streamName: string, id: string, textOf: () => Buffer): void
  /** Called when Intercom has answered twice that a record is gone, when its children or lists were asked for. */
  gone?(streamName: string, id: string): void
  estimate(streamName: string, rows: number): void
  log(level: Parameters<typeof logLine>[0], message: string): void
  /** Adds to a counter of the stream's completeness. */
  count(streamName: string, what: Counter, count: number): void
}

/** A stream that a job is to sync. */
export interface SelectedStream {
  entry: StreamEntry
  configured: ConfiguredStream
  /** The stream's state from the request. */
  state: Record<string, unknown> | undefined
}

/** What all walks of an attempt share. */
export interface WalkContext {
  config: SourceConfig
  /** Reports a missing permission only when Intercom has said so twice. */
  client: IntercomClient
  /** Walks begin beside the question for it. Rejects when the token is not valid, or the workspace another one. */
  workspace: Promise<Workspace>
  /** Records of this job's log that the walks may meet again. */
  fingerprints: Fingerprints
  /** Adds to the fingerprints which versions of searched records earlier attempts have put into the log. */
  replayVersions: () => Promise<void>
  growing: GrowingLists
  /** Streams own only records updated before this, Unix seconds; Infinity for all. */
  until: number
  ports: WalkPorts
}

/** Everything besides Intercom that walks need from outside. */
export interface WalkPorts {
  clock: Clock
  /** Aborts when the attempt ends, however it ends. */
  signal: AbortSignal
  createSpool: CreateSpool
  scrollLease: ScrollLease
  /**
   * Told how long another application's scroll is waited for, ms since the epoch; undefined when the wait is over.
   *
   * @defaultValue nobody is told
   */
  onForeignScroll?: (until: number | undefined) => void
  /** How long to wait for a scroll that another application has open, ms. @defaultValue 15 minutes */
  scrollPatienceMs?: number
  /** How many records a slice of a search should have. @defaultValue a share of all there are, 20 pages to 20,000 */
  recordsPerSlice?: number
  /** Bytes of answers that the walks may hold; less when other jobs begin. */
  mostBytes: () => number
}

/** Separates jobs that want the only scroll that a workspace can have. */
export interface ScrollLease {
  /** Waits for the lease of this access token's workspace, holds it while `work` runs, and gives it back. */
  hold<Result>(signal: AbortSignal, work: () => Promise<Result>): Promise<Result>
}

/** A log entry from a walk. */
export interface WalkLogLine {
  level: Parameters<typeof logLine>[0]
  message: string
}
