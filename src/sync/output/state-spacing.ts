import type { StreamRun } from './stream-run.ts'

/** A STATE is due when so many records, so many bytes or so much time have passed since the last one. */
const RECORDS_PER_STATE = 1000
const BYTES_PER_STATE = 4 << 20
const MS_PER_STATE = 10_000
/** Airbyte's heartbeat counts only RECORD and STATE. While no record comes, a STATE shows that the sync is alive. */
const LONGEST_SILENCE_MS = 5 * 60_000

/**
 * After how many bytes of a stream's records a STATE is due. In a log of a limited size that is little enough for every
 * stream to get one, although all are read side by side: a job that ends with `log_full` leaves the next one something
 * to go on from.
 *
 * @param streams how many streams the job has
 */
export function bytesPerState(streams: number, logLimitBytes = Number.POSITIVE_INFINITY): number {
  return Math.min(BYTES_PER_STATE, logLimitBytes / 4 / streams)
}

/** Ms of the monotonic clock when the next STATE is due. @param mostBytes see above */
export function stateDueAt(
  run: Pick<StreamRun, 'sinceState' | 'bytesSinceState' | 'lastStateAt'>,
  mostBytes: number,
): number {
  if (run.sinceState >= RECORDS_PER_STATE || run.bytesSinceState >= mostBytes) return Number.NEGATIVE_INFINITY
  return run.lastStateAt + (run.sinceState > 0 ? MS_PER_STATE : LONGEST_SILENCE_MS)
}
