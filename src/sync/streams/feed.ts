import { type StreamEntry, sourceOf } from '../../streams/table.ts'
import type { SelectedStream, WalkContext, WalkLogLine } from '../contract/walk.ts'
import type { FeedJson } from '../state/position-schema.ts'
import { isComplete, readSearchState, type SearchState } from '../state/search-state.ts'
import { createBounds, usableState } from './bounds.ts'
import { type FeedContext, type OpenFeed, openFeed } from './open-feed.ts'

/**
 * A stream that a walk feeds, with its state and its config. Streams that share a walk share its requests and nothing
 * else: each has its own lower bound, its own overlap with the last sync and its own state. Times are Unix seconds.
 */
export interface Feed {
  /** As the job selects it. */
  readonly stream: SelectedStream
  readonly entry: StreamEntry
  /** The stream that Intercom is asked for: another one, where the stream's rows are inside that one's records. */
  readonly source: StreamEntry
  readonly incremental: boolean
  /** The stream's state from the request, as it was received. */
  readonly given: Record<string, unknown> | undefined
  /** An earlier job has finished the full refresh, so nothing is left to do. */
  readonly finishedBefore: boolean
  /** The state that the last sync left; undefined for a stream that begins anew. */
  readonly previous: SearchState | undefined
  /** The log entries about its state. */
  readonly notes: readonly WalkLogLine[]
  /** The stream owns only records updated at or after this time; for a child stream, this applies to the parents. */
  lower(): number
  /**
   * Opens the feed for deliveries, once the walk knows its start.
   *
   * @param json the feed's data that an earlier attempt has left
   * @param overlapSeconds @defaultValue the stream's own
   */
  open(start: number, json?: FeedJson, overlapSeconds?: number): OpenFeed
}

/** The input of a walk with feeds. */
export interface FedWalkOptions extends WalkContext {
  /** The stream whose search or list finds the records. */
  root: StreamEntry
  /** The root's own stream, its child stream, and those of rows inside their records, as far as they are selected. */
  feeds: readonly Feed[]
  /** The result of `position()` when the last durable commit was made. */
  position: Record<string, unknown> | undefined
}

export function createFeed(
  selected: SelectedStream,
  { config, client, fingerprints, growing, until }: FeedContext,
): Feed {
  const { entry, configured, state } = selected
  const notes: WalkLogLine[] = []
  const tell = (note: WalkLogLine) => void notes.push(note)
  const incremental = entry.cursor !== undefined && configured.sync_mode === 'incremental'
  const source = sourceOf(entry)
  const given = state && readSearchState(state, entry.cursor, source.child?.parent)
  const previous = usableState(entry.name, given, incremental, tell)
  const bounds = createBounds({ name: entry.name, config, previous, client }, tell)
  const finishedBefore = !incremental && isComplete(state)
  const stream = { entry, source, configured, incremental, given: state, finishedBefore, previous }
  const context = { config, client, fingerprints, growing, until }
  return {
    ...stream,
    stream: selected,
    notes,
    lower: bounds.lower,
    open: (start, json, overlapSeconds) => openFeed(stream, bounds, context, { start, json, overlapSeconds }),
  }
}
