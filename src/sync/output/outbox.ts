import {
  errorLine,
  estimateLine,
  logLine,
  recordPrefix,
  recordSuffix,
  stateLine,
  streamStatusLine,
} from '../../airbyte/messages.ts'
import type { Clock } from '../../clock.ts'
import type { JobFailure } from '../../errors.ts'
import { bytesOf, lengthOf } from '../../intercom/text/record-text.ts'
import type { Redact } from '../../redaction.ts'
import type { Sink } from '../contract/walk.ts'
import { type CommitBuffer, createCommitBuffer } from './commit-buffer.ts'
import type { StreamRun } from './stream-run.ts'

/** No record with a member is shorter than `{"id":1}`. */
const EMPTY_RECORD_BYTES = 8

const suffix = Buffer.from(recordSuffix)

/** Messages on their way into the next commit. */
export interface Outbox
  extends Sink,
    Pick<CommitBuffer, 'hold' | 'holdsMessages' | 'isDue' | 'isFull' | 'dueAt' | 'takeCommit' | 'kept'> {
  status(run: StreamRun, status: NonNullable<StreamRun['status']>, rateLimited?: { quotaResetMs: number }): void
  state(run: StreamRun, streamState: Record<string, unknown>): void
  error(failure: JobFailure): void
  /** `emitted_at` of the latest message, ms; it never decreases within a job. */
  emittedAt(): number
}

/**
 * @param startAt `emitted_at` of the job's latest message so far, ms since the epoch; 0 when there is none
 * @param redact is applied to log messages and errors, not to records
 */
export function createOutbox(
  runs: ReadonlyMap<string, StreamRun>,
  clock: Clock,
  startAt: number,
  redact: Redact,
): Outbox {
  const { add, addRecord, addState, addError, ...buffer } = createCommitBuffer(clock)
  const prefixOf = rememberPrefixes()
  let emittedAt = startAt
  let tombstoneCount = 0
  const now = (): number => {
    emittedAt = Math.max(emittedAt, Math.floor(clock.now()))
    return emittedAt
  }
  const addLine = (line: string): void => add(Buffer.from(line))

  function status(
    run: StreamRun,
    next: NonNullable<StreamRun['status']>,
    rateLimited?: { quotaResetMs: number },
  ): void {
    run.status = next
    addLine(streamStatusLine(run.name, next, now(), rateLimited))
  }

  return {
    ...buffer,
    record(streamName, text, changes) {
      const run = runOf(runs, streamName)
      // Airbyte silently drops a record without members. Then its counts and ours would differ.
      const bytes = lengthOf(text)
      if (bytes < EMPTY_RECORD_BYTES && /^\{\s*\}$/.test(bytesOf(text).toString())) {
        addLine(logLine('WARN', `${streamName}: Intercom gave a record without any member, which is left out`))
        return
      }
      if (run.status === 'STARTED') status(run, 'RUNNING')
      const prefix = changes ? Buffer.from(recordPrefix(streamName, now(), changes)) : prefixOf(streamName, now())
      addRecord(prefix, text, bytes, suffix)
      run.rowsSynced++
      run.sinceState++
      run.bytesSinceState += bytes
    },
    tombstone(streamName, text) {
      const run = runOf(runs, streamName)
      if (run.status === 'STARTED') status(run, 'RUNNING')
      add(Buffer.concat([prefixOf(streamName, now()), bytesOf(text), suffix]))
      tombstoneCount++
      run.completeness.tombstones = (run.completeness.tombstones ?? 0) + 1
      run.sinceState++
      run.bytesSinceState += lengthOf(text)
    },
    estimate(streamName, rows) {
      runOf(runs, streamName).rowsEstimate = rows
      addLine(estimateLine(streamName, rows, now()))
    },
    log: (level, message) => addLine(logLine(level, redact(message))),
    count(streamName, what, count) {
      const completeness = runs.get(streamName)?.completeness
      if (!completeness) return
      if (count > 0 || what === 'counted' || what === 'received') completeness[what] = (completeness[what] ?? 0) + count
    },
    status,
    state(run, streamState) {
      addState(Buffer.from(stateLine(run.name, streamState, run.sinceState)), run.name, streamState)
      run.sinceState = 0
      run.bytesSinceState = 0
      run.lastStateAt = clock.monotonic()
      const cursor = streamState.updated_at ?? streamState.parent_updated_at
      if (typeof cursor === 'number') run.cursor = cursor
    },
    error: (failure) => addError(Buffer.from(errorLine({ ...failure, message: redact(failure.message) }, now()))),
    emittedAt: () => emittedAt,
    takeCommit(...covered) {
      const commit = buffer.takeCommit(...covered)
      const told = tombstoneCount
      tombstoneCount = 0
      return commit && told > 0 ? { ...commit, tombstoneCount: told } : commit
    },
  }
}

function runOf(runs: ReadonlyMap<string, StreamRun>, streamName: string): StreamRun {
  const run = runs.get(streamName)
  if (!run) throw new Error(`${streamName} is not in the catalog`)
  return run
}

/** The part of a line before the record's text; made once per stream and millisecond. */
function rememberPrefixes(): (streamName: string, emittedAt: number) => Buffer {
  const prefixes = new Map<string, { emittedAt: number; text: Buffer }>()
  return (streamName, emittedAt) => {
    const known = prefixes.get(streamName)
    if (known?.emittedAt === emittedAt) return known.text
    const text = Buffer.from(recordPrefix(streamName, emittedAt))
    prefixes.set(streamName, { emittedAt, text })
    return text
  }
}
