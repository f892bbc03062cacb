import type { Clock } from '../../clock.ts'
import type { TextSlice } from '../../intercom/text/record-text.ts'
import type { Checkpoint, Commit, Position, StreamProgress } from '../contract/commit.ts'
import { createLineBuffer } from './line-buffer.ts'
import { leaveMemory } from './line-memory.ts'

/** A commit gathers answers up to at least this size, because each commit is a write to Redis and wakes readers … */
const COMMIT_BYTES = 64 * 1024
/** … and up to this size where more answers have come already: a reader that stalls keeps a commit in memory … */
const FULL_BYTES = 512 * 1024
/** … but never held back longer than this. An attempt's first records are not held back at all: somebody waits for them. */
const COMMIT_MS = 250

const nothing: Buffer = Buffer.alloc(0)

/** Whole lines that wait for the next commit. */
export interface CommitBuffer {
  /** Adds one message: a whole line. */
  add(line: Buffer): void
  /** Adds a RECORD, in pieces that make a whole line. @param textBytes how long the text is */
  addRecord(before: Buffer, text: TextSlice, textBytes: number, after: Buffer): void
  /** Adds a STATE, which is a checkpoint. */
  addState(line: Buffer, streamName: string, streamState: Record<string, unknown>): void
  /** Adds a TRACE ERROR. */
  addError(line: Buffer): void
  /** A position has to be written, with or without messages. */
  hold(): void
  holdsMessages(): boolean
  /** Whether the buffer is large enough, or has been held long enough, to become a commit. */
  isDue(): boolean
  /** Whether it has to become one before anything is added. */
  isFull(): boolean
  /** When the contents must be written, ms of the monotonic clock; Infinity while the buffer is empty. */
  dueAt(): number
  /**
   * Hands over the contents as a commit.
   *
   * @param hasMoved see `Movement`
   * @returns undefined when there is neither a message nor a new position to continue from
   */
  takeCommit(position: Position, streams: StreamProgress[], hasMoved: boolean): Commit | undefined
  /** The commit that was taken last is durable, and nobody reads its body any more. */
  kept(): void
}

export function createCommitBuffer(clock: Pick<Clock, 'monotonic'>): CommitBuffer {
  const lines = createLineBuffer()
  /** The commit that was taken last, and the memory that its body is in. */
  let taken: { commit: Commit; memory: Buffer } | undefined
  let messageCount = 0
  let recordCount = 0
  let holdsError = false
  let checkpoints: Checkpoint[] = []
  let heldSince = Infinity
  let hasGivenRecords = false

  const hold = () => {
    if (heldSince === Infinity) heldSince = clock.monotonic()
  }
  const mayNotWait = () => {
    const isFirst = recordCount > 0 && !hasGivenRecords
    return isFirst || clock.monotonic() - heldSince >= COMMIT_MS
  }
  const add = (line: Buffer) => {
    lines.append(line)
    messageCount++
    hold()
  }

  return {
    add,
    addRecord(before, text, textBytes, after) {
      lines.appendRecord(before, text, textBytes, after)
      messageCount++
      recordCount++
      hold()
    },
    addState(line, streamName, streamState) {
      add(line)
      checkpoints.push({ messageIndex: messageCount, streamName, streamState })
    },
    addError(line) {
      add(line)
      holdsError = true
    },
    hold,
    holdsMessages: () => messageCount > 0,
    isDue: () => lines.bytes() >= COMMIT_BYTES || mayNotWait(),
    isFull: () => lines.bytes() >= FULL_BYTES || mayNotWait(),
    dueAt: () => heldSince + COMMIT_MS,
    takeCommit(position, streams, hasMoved) {
      heldSince = Infinity
      if (messageCount === 0 && !hasMoved) return undefined
      const { body, memory } = lines.take()
      const isProgress = recordCount > 0 || hasMoved
      hasGivenRecords ||= recordCount > 0
      const commit: Commit = { body, messageCount, recordCount, holdsError, isProgress, checkpoints, position, streams }
      taken = { commit, memory }
      checkpoints = []
      messageCount = recordCount = 0
      holdsError = false
      return commit
    },
    kept() {
      if (!taken) return
      // Whoever waits for the next commit still refers to this one.
      taken.commit.body = nothing
      leaveMemory(taken.memory)
      taken = undefined
    },
  }
}
