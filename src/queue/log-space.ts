import type { Clock } from '../clock.ts'
import { CodedError } from '../errors.ts'
import type { CommitOutcome } from '../store/attempts/commit.ts'
import type { AttemptWatch } from './watch/attempt-watch.ts'

interface LogSpaceOptions {
  clock: Clock
  watch: AttemptWatch
  signal: AbortSignal
}

/** How long a job waits for room in its log, ms: docs/operations.md says so. */
const longestWaitMs = 3_600_000
const lookEveryMs = 1000
const fullMessage =
  'The message log of the job is full: for an hour its messages could not be moved to DATA_DIR, and none were ' +
  'acknowledged. Give all processes one DATA_DIR with free space, acknowledge messages while the job runs, or raise ' +
  'LOG_LIMIT_BYTES; a new job continues from the last STATE'
/** So often the commit is sent again even without room: it also tells whether the job is still this attempt's. */
const looksPerCommit = 15

/**
 * Commits. While the log has no room, waits until there is some: messages have been moved to files, or a client has
 * acknowledged some, which give way.
 *
 * @param makeRoom returns bytes that are free now
 * @throws CodedError `log_full` when no room came for long; the signal's reason
 */
export async function commitWhenRoom(
  commit: () => Promise<CommitOutcome>,
  makeRoom: () => Promise<number>,
  { clock, watch, signal }: LogSpaceOptions,
): Promise<Exclude<CommitOutcome, 'LOG_FULL'>> {
  const began = clock.monotonic()
  try {
    for (let looks = 0; ; looks++) {
      const isRoom = looks % looksPerCommit === 0 || (await makeRoom()) > 0
      const outcome = isRoom ? await commit() : 'LOG_FULL'
      if (outcome !== 'LOG_FULL') return outcome
      if (clock.monotonic() - began >= longestWaitMs) throw new CodedError('log_full', fullMessage)
      watch.waits({ waitingFor: 'log_space' })
      await clock.sleep(lookEveryMs, signal)
    }
  } finally {
    watch.waits(undefined)
  }
}
