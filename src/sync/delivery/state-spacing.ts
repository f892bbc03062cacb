import type { StreamRun } from './stream-run.ts'

/** A STATE is due when so many records or so much time have passed since the last one. */
const RECORDS_PER_STATE = 1000
const MS_PER_STATE = 10_000
/** Airbyte's heartbeat counts only RECORD and STATE. While no record comes, a STATE shows that the sync is alive. */
const LONGEST_SILENCE_MS = 5 * 60_000

/** Ms of the monotonic clock when the next STATE is due. */
export function stateDueAt(run: Pick<StreamRun, 'sinceState' | 'lastStateAt'>): number {
  if (run.sinceState >= RECORDS_PER_STATE) return Number.NEGATIVE_INFINITY
  return run.lastStateAt + (run.sinceState > 0 ? MS_PER_STATE : LONGEST_SILENCE_MS)
}
