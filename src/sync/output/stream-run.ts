import type { StreamStatus } from '../../airbyte/messages.ts'
import type { Clock } from '../../clock.ts'
import type { Completeness, StreamProgress } from '../contract/commit.ts'
import type { SyncPosition } from '../state/position-schema.ts'

/** The progress of one stream of a job. */
export interface StreamRun {
  readonly name: string
  status: StreamStatus | undefined
  rowsSynced: number
  rowsEstimate: number | undefined
  cursor: number | undefined
  completeness: Completeness
  /** RECORDs since the last STATE. */
  sinceState: number
  /** Bytes of those that this attempt has read, before compression. */
  bytesSinceState: number
  /** Ms of the monotonic clock. */
  lastStateAt: number
}

type StreamRunJson = SyncPosition['runs'][number]

export function createStreamRun(
  name: string,
  clock: Pick<Clock, 'now' | 'monotonic'>,
  { stateAt, ...json }: Partial<StreamRunJson> = {},
): StreamRun {
  // A job that goes on after a rest may have been silent for long. A clock that was set back must not lengthen that.
  const silentMs = stateAt === undefined ? 0 : Math.max(0, clock.now() - stateAt)
  const unknown = { status: undefined, rowsEstimate: undefined, cursor: undefined }
  return {
    name,
    ...unknown,
    rowsSynced: 0,
    sinceState: 0,
    completeness: {},
    ...json,
    bytesSinceState: 0,
    lastStateAt: clock.monotonic() - silentMs,
  }
}

/** The part of a stream's run that goes into a position. */
export function streamRunJson(run: StreamRun, clock: Pick<Clock, 'now' | 'monotonic'>): StreamRunJson {
  const { name, status, rowsSynced, rowsEstimate, cursor, completeness, sinceState } = run
  return {
    name,
    ...(status && { status }),
    rowsSynced,
    ...(rowsEstimate !== undefined && { rowsEstimate }),
    ...(cursor !== undefined && { cursor }),
    completeness,
    sinceState,
    stateAt: Math.round(clock.now() - (clock.monotonic() - run.lastStateAt)),
  }
}

export function hasFinished(run: StreamRun): boolean {
  return run.status === 'COMPLETE' || run.status === 'INCOMPLETE'
}

export function streamProgress(run: StreamRun): StreamProgress {
  return {
    streamName: run.name,
    status: run.status ?? 'STARTED',
    rowsSynced: run.rowsSynced,
    ...(run.rowsEstimate !== undefined && { rowsEstimate: run.rowsEstimate }),
    ...(run.cursor !== undefined && { cursor: run.cursor }),
    ...(Object.keys(run.completeness).length > 0 && { completeness: { ...run.completeness } }),
  }
}
