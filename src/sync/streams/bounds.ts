import { type SourceConfig, startSeconds } from '../../airbyte/source-config.ts'
import type { IntercomClient } from '../../intercom/client.ts'
import type { WalkLogLine } from '../contract/walk.ts'
import { isALittleAhead } from '../state/cursor-time.ts'
import { reachedBy, type SearchState } from '../state/search-state.ts'

const DAY_SECONDS = 86_400

/**
 * The time from which a stream is read. It may turn out to be earlier while the stream is being read. Times are Unix
 * seconds.
 */
export interface Bounds {
  /** The stream owns only records updated at or after this time; for a child stream, this applies to the parents. */
  lower(): number
  /**
   * The time that the state had reached, if any: no cursor goes back behind it. A time slightly in the future counts as
   * `start`.
   */
  reachedBefore(start: number): number | undefined
  /** Whether the incoming state is slightly in the future, now or when an earlier attempt began. */
  isAhead(): boolean
  /** An earlier attempt has found the state in the future. It may be past by now, so the walk's `start` counts. */
  wasAhead(start: number): void
  goBackTo(time: number): void
}

/** The contents of an incoming state, and who reads it. */
interface BoundsInput {
  name: string
  config: SourceConfig
  /** The state that the last sync left; undefined for a stream that begins anew. */
  previous: SearchState | undefined
  client: Pick<IntercomClient, 'serverSeconds' | 'latestSeconds'>
}

/** @param tell takes log entries about the state */
export function createBounds(input: BoundsInput, tell: (entry: WalkLogLine) => void): Bounds {
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

/**
 * A full refresh can only continue its own walk, which has no cursor. A state with a cursor comes from an incremental
 * sync, which never reads everything.
 */
export function usableState(
  name: string,
  given: SearchState | undefined,
  incremental: boolean,
  tell: (entry: WalkLogLine) => void,
): SearchState | undefined {
  if (given?.cursor === undefined || incremental) return given
  tell({ level: 'WARN', message: `${name}: a full refresh cannot continue from a cursor, so the state is ignored` })
  return undefined
}

interface LowerBound {
  lower: number
  /** The time that the incoming state has reached; undefined for a stream that begins anew. */
  reached: number | undefined
  /** This time is slightly in the future. */
  isAhead: boolean
}

/** Reads an incoming state's cursor as far as it can be trusted. */
function lowerBound({ name, config, previous, client }: BoundsInput, tell: (entry: WalkLogLine) => void): LowerBound {
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
  // Nobody knows which clock is wrong. A time that any of the clocks has passed is not in the future.
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
