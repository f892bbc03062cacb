import { type SourceConfig, startSeconds } from '../../airbyte/source-config.ts'
import type { IntercomClient } from '../../intercom/client.ts'
import type { LogEntry } from '../contract/walk.ts'
import { isALittleAhead, reachedBy, type SearchState } from '../state/search-state.ts'

const DAY_SECONDS = 86_400

/** A full refresh goes on from its own walk only, which has no cursor: what an increment reads is never the whole. */
export function usableState(
  name: string,
  given: SearchState | undefined,
  incremental: boolean,
  notes: LogEntry[],
): SearchState | undefined {
  if (given?.cursor === undefined || incremental) return given
  notes.push({ level: 'WARN', message: `${name}: a full refresh cannot go on from a cursor: the state is ignored` })
  return undefined
}

/** Where a stream goes on. Unix seconds. */
export interface Bound {
  /** From when on it is read. */
  lower: number
  /** What the incoming state has reached; undefined for a stream that begins anew. */
  reached?: number
  /** That lies a little in the future. */
  isAhead: boolean
}

/** Reads an incoming state's cursor as far as it may be believed. */
export function lowerBound(
  name: string,
  config: SourceConfig,
  previous: SearchState | undefined,
  client: Pick<IntercomClient, 'serverSeconds' | 'latestSeconds'>,
  notes: LogEntry[],
): Bound {
  const start = startSeconds(config)
  const reached = previous && reachedBy(previous)
  if (previous === undefined || reached === undefined) return { lower: start, isAhead: false }
  let back = (config.lookback_window ?? 0) * DAY_SECONDS
  const migration = config.migration_lookback ?? 31
  if (previous.foreign && migration > 0) {
    back += migration * DAY_SECONDS
    const message =
      `${name}: the state was not written by intercom-sync: going back ${migration} days once, ` +
      'because other connectors skip records (migration_lookback: 0 turns this off)'
    notes.push({ level: 'INFO', message })
  }
  // Which clock is wrong nobody knows: what any of them has seen pass does not lie in the future.
  const latest = client.latestSeconds()
  const isAhead = isALittleAhead(reached, latest)
  const cursor = isAhead ? client.serverSeconds() : reached
  if (cursor > latest) {
    const message =
      `${name}: the state's cursor ${cursor} lies in the future: no record is read before then; ` +
      'reset the stream to read everything again'
    notes.push({ level: 'WARN', message })
  }
  return { lower: Math.max(start, cursor - back), reached, isAhead }
}
