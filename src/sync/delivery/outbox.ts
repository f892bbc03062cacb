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
import type { Redact } from '../../redaction.ts'
import type { Checkpoint, Commit, Position, StreamProgress } from '../contract/commit.ts'
import type { Sink } from '../contract/walk.ts'
import type { StreamRun } from './stream-run.ts'

/** Answers are gathered into commits of at least this size, as each commit is a write to Redis and a wake-up of readers … */
const COMMIT_BYTES = 64 * 1024
/** … but never held back longer than this. */
const COMMIT_MS = 250
/** No record with a member is shorter than `{"id":1}`. */
const EMPTY_RECORD_BYTES = 8

/** Messages on their way into the next commit. */
export interface Outbox extends Sink {
  status(run: StreamRun, status: NonNullable<StreamRun['status']>, rateLimited?: { quotaResetMs: number }): void
  state(run: StreamRun, streamState: Record<string, unknown>): void
  error(failure: JobFailure): void
  /** A position has to go, be there messages or not. */
  hold(): void
  holdsMessages(): boolean
  /** Large enough, or held long enough, to become a commit. */
  isDue(): boolean
  /** Ms of the monotonic clock when what is held has to go; Infinity while nothing is held. */
  dueAt(): number
  /** `emitted_at` of the latest message, ms; it never goes back within a job. */
  emittedAt(): number
  /**
   * Hands over what is held as a commit.
   *
   * @param hasMoved see `Movement`
   * @returns undefined when there is neither a message nor another place to go on from
   */
  takeCommit(position: Position, streams: StreamProgress[], hasMoved: boolean): Commit | undefined
}

/**
 * @param startAt `emitted_at` of the job's latest message so far, ms since the epoch; 0 when there is none
 * @param redact is applied to what is told, not to records
 */
export function createOutbox(
  runs: ReadonlyMap<string, StreamRun>,
  clock: Clock,
  startAt: number,
  redact: Redact,
): Outbox {
  const suffix = Buffer.from(recordSuffix)
  const prefixes = new Map<string, { emittedAt: number; text: Buffer }>()
  let chunks: Buffer[] = []
  let bytes = 0
  let messageCount = 0
  let recordCount = 0
  let checkpoints: Checkpoint[] = []
  let heldSince = Infinity
  let emittedAt = startAt

  const now = (): number => {
    emittedAt = Math.max(emittedAt, Math.floor(clock.now()))
    return emittedAt
  }
  const hold = (): void => {
    if (heldSince === Infinity) heldSince = clock.monotonic()
  }
  const add = (...texts: Buffer[]): void => {
    for (const text of texts) {
      chunks.push(text)
      bytes += text.length
    }
    messageCount++
    hold()
  }
  const addLine = (line: string): void => add(Buffer.from(line))

  /** The part of a line before the record's text; made once per stream and millisecond. */
  function prefixOf(streamName: string): Buffer {
    const time = now()
    const known = prefixes.get(streamName)
    if (known?.emittedAt === time) return known.text
    const text = Buffer.from(recordPrefix(streamName, time))
    prefixes.set(streamName, { emittedAt: time, text })
    return text
  }

  function status(
    run: StreamRun,
    next: NonNullable<StreamRun['status']>,
    rateLimited?: { quotaResetMs: number },
  ): void {
    run.status = next
    addLine(streamStatusLine(run.name, next, now(), rateLimited))
  }

  function runOf(streamName: string): StreamRun {
    const run = runs.get(streamName)
    if (!run) throw new Error(`${streamName} is not in the catalog`)
    return run
  }

  return {
    record(streamName, text, changes) {
      const run = runOf(streamName)
      // Airbyte drops a record without members in silence, and its counts no longer agree with ours.
      if (text.length < EMPTY_RECORD_BYTES && /^\{\s*\}$/.test(text.toString())) {
        addLine(logLine('WARN', `${streamName}: Intercom gave a record without any member: it is left out`))
        return
      }
      if (run.status === 'STARTED') status(run, 'RUNNING')
      add(changes ? Buffer.from(recordPrefix(streamName, now(), changes)) : prefixOf(streamName), text, suffix)
      recordCount++
      run.rowsSynced++
      run.sinceState++
    },
    estimate(streamName, rows) {
      runOf(streamName).rowsEstimate = rows
      addLine(estimateLine(streamName, rows, now()))
    },
    log: (level, message) => addLine(logLine(level, redact(message))),
    tally(streamName, what, count) {
      const completeness = runs.get(streamName)?.completeness
      if (!completeness) return
      if (count > 0 || what === 'counted' || what === 'received') completeness[what] = (completeness[what] ?? 0) + count
    },
    status,
    state(run, streamState) {
      addLine(stateLine(run.name, streamState, run.sinceState))
      checkpoints.push({ messageIndex: messageCount, streamName: run.name, streamState })
      run.sinceState = 0
      run.lastStateAt = clock.monotonic()
      if (typeof streamState.updated_at === 'number') run.cursor = streamState.updated_at
    },
    error: (failure) => addLine(errorLine({ ...failure, message: redact(failure.message) }, now())),
    hold,
    holdsMessages: () => messageCount > 0,
    isDue: () => bytes >= COMMIT_BYTES || clock.monotonic() - heldSince >= COMMIT_MS,
    dueAt: () => heldSince + COMMIT_MS,
    emittedAt: () => emittedAt,
    takeCommit(position, streams, hasMoved) {
      heldSince = Infinity
      if (messageCount === 0 && !hasMoved) return undefined
      const body = Buffer.concat(chunks, bytes)
      const isProgress = recordCount > 0 || hasMoved
      const commit = { body, messageCount, recordCount, isProgress, checkpoints, position, streams }
      chunks = []
      checkpoints = []
      bytes = messageCount = recordCount = 0
      return commit
    },
  }
}
