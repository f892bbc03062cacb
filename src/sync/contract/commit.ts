import type { StreamStatus } from '../../airbyte/messages.ts'
import type { JobFailure } from '../../errors.ts'
import type { Growth } from '../state/growing-lists.ts'

/** A STATE message inside a commit. */
export interface Checkpoint {
  /** 1-based place of the STATE among the commit's messages. */
  messageIndex: number
  streamName: string
  /** The `stream_state` blob. */
  streamState: Record<string, unknown>
}

/** How far a stream has come, counted from the start of the job. */
export interface StreamProgress {
  streamName: string
  status: StreamStatus
  rowsSynced: number
  /** Intercom's own count at the start of the walk. */
  rowsEstimate?: number
  /** The cursor of the stream's latest STATE, Unix seconds. */
  cursor?: number
  completeness?: Completeness
}

/**
 * What is known about a stream apart from its records: whether they are all there are, and what Intercom withheld.
 * Totals since the start of the job.
 */
export interface Completeness {
  /** Intercom's counts for everything that has been read to its end … */
  counted?: number
  /** … and how many of those records came. */
  received?: number
  /** Parents for which Intercom gives only the newest children. */
  capped?: number
  /** Parents that were deleted between being found and being read. */
  deletedMeanwhile?: number
  /** Records of which it was delivered that they are deleted; they do not count as rows. */
  tombstones?: number
  /** Records that the search showed only after an earlier sync had read past their time. */
  lateArrivals?: number
  /** How often a scroll broke and began again. */
  restarts?: number
  /** Parents whose children could not be read; the next sync tries them first. */
  retryIds?: string[]
}

/** The members of a completeness that are counts. */
export type Counter = Exclude<keyof Completeness, 'retryIds'>

/** What an attempt needs in order to continue. Opaque to everyone but `sync`, JSON-safe, written with every commit. */
export type Position = Record<string, unknown>

/** One or more whole answers of Intercom as NDJSON, with the position they lead to. Made durable whole or not at all. */
export interface Commit {
  /** Whole lines, each ending in "\n". Only until the next commit is asked for: it takes the memory of this one. */
  body: Buffer
  /** Lines in `body`; may be 0 when only the position moved. */
  messageCount: number
  /** RECORD lines in `body`, without tombstones. */
  recordCount: number
  /** Tombstones in `body`. @defaultValue none */
  tombstoneCount?: number
  /** Whether `body` holds a TRACE ERROR. */
  holdsError: boolean
  /** The commit holds records, or an answer of Intercom has moved the position; see `Movement`. */
  isProgress: boolean
  /** The STATEs in `body`, in order. */
  checkpoints: Checkpoint[]
  position: Position
  /** What the position's growing lists have grown by, in order. @defaultValue nothing */
  growth?: readonly Growth[]
  /** By which later attempts recognize its records, twelve bytes each; see `Fingerprints`. @defaultValue unknown */
  fingerprints?: Buffer
  /** Every stream that is not left out, totals since the start of the job. */
  streams: StreamProgress[]
  /** Streams of the catalog that the job leaves out. @defaultValue none */
  skippedStreams?: readonly string[]
}

/** The result of a sync that was read to its end. It succeeded when `failure` is absent. */
export interface SyncOutcome {
  streams: StreamProgress[]
  /** Why at least one stream is INCOMPLETE. Final, because another attempt would not help. */
  failure?: JobFailure
}
