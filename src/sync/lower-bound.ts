import { type SourceConfig, startSeconds } from '../airbyte/source-config.ts'
import { isALittleAhead, reachedBy, type SearchState } from './search-state.ts'
import type { LogEntry } from './walk.ts'

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

/** What time it is, Unix seconds: not later than the truth, and by the clock that is furthest ahead. */
interface Times {
  lowest: number
  latest: number
}

/** From when on a stream is read, Unix seconds. */
export function lowerBound(
  name: string,
  config: SourceConfig,
  previous: SearchState | undefined,
  { lowest, latest }: Times,
  notes: LogEntry[],
): number {
  const start = startSeconds(config)
  const reached = previous && reachedBy(previous)
  if (previous === undefined || reached === undefined) return start
  let back = (config.lookback_window ?? 0) * DAY_SECONDS
  const migration = config.migration_lookback ?? 31
  if (previous.foreign && migration > 0) {
    back += migration * DAY_SECONDS
    const message =
      `${name}: the state was not written by intercom-sync: going back ${migration} days once, ` +
      'because other connectors skip records (migration_lookback: 0 turns this off)'
    notes.push({ level: 'INFO', message })
  }
  const cursor = isALittleAhead(reached, latest) ? lowest : reached
  if (cursor > latest) {
    const message =
      `${name}: the state's cursor ${cursor} lies in the future: no record is read before then; ` +
      'reset the stream to read everything again'
    notes.push({ level: 'WARN', message })
  }
  return Math.max(start, cursor - back)
}
