import { type SourceConfig, startSeconds } from '../../airbyte/source-config.ts'
import type { IntercomClient } from '../../intercom/client.ts'
import type { LogEntry } from '../contract/walk.ts'
import { isALittleAhead, reachedBy, type SearchState } from '../state/search-state.ts'

const DAY_SECONDS = 86_400

/** From when on a stream is read; while it is read this may turn out to be earlier. Times are Unix seconds. */
export interface Bounds {
  /** Only what was updated at or after this is the stream's; of a child stream, its parents. */
  lower(): number
  /** What the state had reached, if any: no cursor goes back behind it. A little in the future it counts as `start`. */
  reachedBefore(start: number): number | undefined
  /** Whether the incoming state lies a little in the future, now or when an attempt before began. */
  isAhead(): boolean
  /** An attempt before has found that it lies there. By now its time may have come: what counts is the walk's `start`. */
  wasAhead(start: number): void
  goBackTo(time: number): void
}

/** What an incoming state says, and who reads it. */
interface BoundsInput {
  name: string
  config: SourceConfig
  /** What the last sync left; undefined for a stream that begins anew. */
  previous: SearchState | undefined
  client: Pick<IntercomClient, 'serverSeconds' | 'latestSeconds'>
}

/** @param tell takes what there is to say of the state */
export function createBounds(input: BoundsInput, tell: (entry: LogEntry) => void): Bounds {
  let { lower, reached, isAhead } = lowerBound(input, tell)
  return {
    lower: () => lower,
    reachedBefore: (start) => (isAhead && reached !== undefined ? Math.min(reached, start) : reached),
    isAhead: () => isAhead,
    wasAhead(start) {
      isAhead = true
      lower = Math.min(lower, start)
    },
    goBackTo(time) {
      lower = Math.min(lower, time)
    },
  }
}

/** A full refresh goes on from its own walk only, which has no cursor: what an increment reads is never the whole. */
export function usableState(
  name: string,
  given: SearchState | undefined,
  incremental: boolean,
  tell: (entry: LogEntry) => void,
): SearchState | undefined {
  if (given?.cursor === undefined || incremental) return given
  tell({ level: 'WARN', message: `${name}: a full refresh cannot go on from a cursor: the state is ignored` })
  return undefined
}

interface LowerBound {
  lower: number
  /** What the incoming state has reached; undefined for a stream that begins anew. */
  reached: number | undefined
  /** That lies a little in the future. */
  isAhead: boolean
}

/** Reads an incoming state's cursor as far as it may be believed. */
function lowerBound({ name, config, previous, client }: BoundsInput, tell: (entry: LogEntry) => void): LowerBound {
  const start = startSeconds(config)
  const reached = previous && reachedBy(previous)
  if (previous === undefined || reached === undefined) return { lower: start, reached: undefined, isAhead: false }
  let back = (config.lookback_window ?? 0) * DAY_SECONDS
  const migration = config.migration_lookback ?? 31
  if (previous.foreign && migration > 0) {
    back += migration * DAY_SECONDS
    const message =
      `${name}: the state was not written by intercom-sync: going back ${migration} days once, ` +
      'because other connectors skip records (migration_lookback: 0 turns this off)'
    tell({ level: 'INFO', message })
  }
  // Which clock is wrong nobody knows: what any of them has seen pass does not lie in the future.
  const latest = client.latestSeconds()
  const isAhead = isALittleAhead(reached, latest)
  const cursor = isAhead ? client.serverSeconds() : reached
  if (cursor > latest) {
    const message =
      `${name}: the state's cursor ${cursor} lies in the future: no record is read before then; ` +
      'reset the stream to read everything again'
    tell({ level: 'WARN', message })
  }
  return { lower: Math.max(start, cursor - back), reached, isAhead }
}
