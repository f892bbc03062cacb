import type { Clock } from '../clock.ts'
import type { Attempt, AttemptStore } from '../store/attempts/attempts.ts'
import type { CommitOutcome } from '../store/attempts/commit.ts'
import type { EndOutcome, JobEnding } from '../store/attempts/job-end.ts'
import { type AttemptProgress, type CommitTarget, driveAttempt } from '../sync/attempt/drive-attempt.ts'
import type { SyncOutcome } from '../sync/contract/commit.ts'
import type { LogPiece } from '../sync/delivered/replay.ts'
import type { StartSync } from '../sync/engine.ts'
import { type AttemptObserver, unobserved } from './attempt-observer.ts'
import { commitWhenRoom } from './log-space.ts'
import type { AttemptWatch } from './watch/attempt-watch.ts'

export interface SyncCommitDependencies {
  attempts: AttemptStore
  startSync: StartSync
  /** The contents of a job's log, in pieces of whole lines. */
  replayLog: (jobId: number) => AsyncIterable<LogPiece>
  /** Makes ids that are never made twice. */
  createId: () => string
  clock: Clock
  /** @defaultValue notifies nobody */
  observe?: AttemptObserver
}

/** How far an attempt has come, for whoever judges its failure. */
export interface CommitProgress extends AttemptProgress {
  /** The attempt as it last began; with another number if its own was given out a second time. */
  attempt: Attempt
  watch: AttemptWatch
  /** Whether a commit of this attempt was progress. */
  hasProgress: boolean
}

/**
 * Runs the sync, makes each commit durable before the next is requested, and ends the job with the sync. When Redis
 * turns out to have gone back in time, the sync starts again from the data that is still there. Resolves when the
 * attempt has nothing more to write, with the result for the job: this attempt ended it (`DONE`), it had ended, or a
 * newer attempt has it.
 *
 * @throws what the sync throws; CodedError `log_full`
 */
export async function commitSync(
  dependencies: SyncCommitDependencies,
  signal: AbortSignal,
  progress: CommitProgress,
): Promise<EndOutcome> {
  const { fence, attemptId } = progress.attempt
  let commits = 0
  const nextCommitId = () => `${fence}-${attemptId}-${++commits}`
  for (;;) {
    const end = await runSyncOnce(dependencies, signal, progress, nextCommitId)
    if (end !== 'REWOUND') return end
    const anew = await dependencies.attempts.begin(progress.attempt, 'rewound', dependencies.createId())
    if (anew === 'ENDED' || anew === 'FENCED') return anew
    progress.attempt = anew
  }
}

async function runSyncOnce(
  { attempts, startSync, replayLog, clock, observe = unobserved }: SyncCommitDependencies,
  signal: AbortSignal,
  progress: CommitProgress,
  nextCommitId: () => string,
): Promise<EndOutcome> {
  signal.throwIfAborted()
  const { attempt, watch } = progress
  const position = attempt.readPosition()
  // Most positions have no lists beside them.
  const growth = position?.v === undefined ? [] : await attempts.readGrowth(attempt.jobId)
  const sync = startSync(attempt.openRequest(), {
    ...(position && { position, growth }),
    replay: () => replayLog(jobId),
    ...(watch.sync && { watch: watch.sync }),
    onWorkspace: (workspaceId) => attempts.noteWorkspace(attempt, workspaceId),
    signal,
  })
  const { jobId, attemptId, lock } = attempt
  let { offset, commitId } = attempt
  const target: CommitTarget<EndOutcome> = {
    async commit(commit) {
      const nextId = nextCommitId()
      const present = { ...attempt, offset, commitId }
      const outcome = await commitWhenRoom(
        () => attempts.commit(present, nextId, commit),
        () => attempts.makeRoom(present),
        { clock, watch, signal },
      )
      const refusal = refusalOf(outcome)
      if (refusal) return refusal
      observe.committed(commit)
      watch.committed(commit)
      progress.hasProgress ||= commit.isProgress
      offset += commit.messageCount
      commitId = nextId
      return undefined
    },
    async end(outcome) {
      await watch.settle()
      return attempts.end(jobId, attempt.fence, endingOf(outcome), { attemptId, lock, written: { offset, commitId } })
    },
  }
  return driveAttempt(sync, target, progress, signal)
}

function refusalOf(outcome: Exclude<CommitOutcome, 'LOG_FULL'>): 'ENDED' | 'FENCED' | 'REWOUND' | undefined {
  return outcome === 'COMMITTED' || outcome === 'ALREADY' ? undefined : outcome
}

function endingOf(outcome: SyncOutcome): JobEnding {
  return outcome.failure ? { status: 'failed', failure: outcome.failure } : { status: 'succeeded' }
}
