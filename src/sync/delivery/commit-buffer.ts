import type { Clock } from '../../clock.ts'
import type { Checkpoint, Commit, Position, StreamProgress } from '../contract/commit.ts'

/** A commit gathers answers up to at least this size, because each commit is a write to Redis and wakes readers … */
const COMMIT_BYTES = 64 * 1024
/** … but never held back longer than this. An attempt's first records are not held back at all: somebody waits for them. */
const COMMIT_MS = 250

/** Whole lines that wait for the next commit. */
export interface CommitBuffer {
  /** Adds one message, in pieces that make a whole line. */
  add(...pieces: Buffer[]): void
  /** The same for a RECORD. */
  addRecord(...pieces: Buffer[]): void
  /** The same for a STATE, which is a checkpoint. */
  addState(line: Buffer, streamName: string, streamState: Record<string, unknown>): void
  /** A position has to be written, with or without messages. */
  hold(): void
  holdsMessages(): boolean
  /** Whether the buffer is large enough, or has been held long enough, to become a commit. */
  isDue(): boolean
  /** When the contents must be written, ms of the monotonic clock; Infinity while the buffer is empty. */
  dueAt(): number
  /**
   * Hands over the contents as a commit.
   *
   * @param hasMoved see `Movement`
   * @returns undefined when there is neither a message nor a new position to continue from
   */
  takeCommit(position: Position, streams: StreamProgress[], hasMoved: boolean): Commit | undefined
}

export function createCommitBuffer(clock: Pick<Clock, 'monotonic'>): CommitBuffer {
  let chunks: Buffer[] = []
  let bytes = 0
  let messageCount = 0
  let recordCount = 0
  let checkpoints: Checkpoint[] = []
  let heldSince = Infinity
  let hasGivenRecords = false

  const hold = () => {
    if (heldSince === Infinity) heldSince = clock.monotonic()
  }
  const add = (...pieces: Buffer[]) => {
    for (const piece of pieces) {
      chunks.push(piece)
      bytes += piece.length
    }
    messageCount++
    hold()
  }

  return {
    add,
    addRecord(...pieces) {
      add(...pieces)
      recordCount++
    },
    addState(line, streamName, streamState) {
      add(line)
      checkpoints.push({ messageIndex: messageCount, streamName, streamState })
    },
    hold,
    holdsMessages: () => messageCount > 0,
    isDue() {
      const isFirst = recordCount > 0 && !hasGivenRecords
      return isFirst || bytes >= COMMIT_BYTES || clock.monotonic() - heldSince >= COMMIT_MS
    },
    dueAt: () => heldSince + COMMIT_MS,
    takeCommit(position, streams, hasMoved) {
      heldSince = Infinity
      if (messageCount === 0 && !hasMoved) return undefined
      const body = Buffer.concat(chunks, bytes)
      const isProgress = recordCount > 0 || hasMoved
      hasGivenRecords ||= recordCount > 0
      const commit = { body, messageCount, recordCount, isProgress, checkpoints, position, streams }
      chunks = []
      checkpoints = []
      bytes = messageCount = recordCount = 0
      return commit
    },
  }
}
