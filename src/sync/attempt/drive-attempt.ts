import type { Commit, SyncOutcome } from '../contract/commit.ts'

/** Where the commits of an attempt go. `End` is the result of the attempt. */
export interface CommitTarget<End> {
  /** Makes a commit durable. @returns an end when nothing more may be written; undefined to continue */
  commit(commit: Commit): Promise<End | undefined>
  /** Called when the sync has been read to its end. */
  end(outcome: SyncOutcome): Promise<End>
}

/** How far a job has come. Whoever judges the failure of its attempt needs to know. */
export interface AttemptProgress {
  /** Attempts begun since the last one that made progress; 0 once this one has made some. */
  idleAttempts: number
}

/**
 * Runs one attempt of a sync, for the worker and for the command line: each commit is durable before the next is
 * requested.
 *
 * @throws what the sync and the target throw; the signal's reason, after the commit that was under way
 */
export async function driveAttempt<End>(
  sync: AsyncGenerator<Commit, SyncOutcome, void>,
  target: CommitTarget<End>,
  progress: AttemptProgress,
  signal: AbortSignal,
): Promise<End> {
  try {
    for (;;) {
      const step = await sync.next()
      if (step.done) return await target.end(step.value)
      const end = await target.commit(step.value)
      if (end !== undefined) return end
      if (step.value.isProgress) progress.idleAttempts = 0
      signal.throwIfAborted()
    }
  } finally {
    await sync.return({ streams: [] })
  }
}
