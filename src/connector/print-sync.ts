import type { Clock } from '../clock.ts'
import type { JobFailure } from '../errors.ts'
import { type AttemptProgress, driveAttempt } from '../sync/attempt/drive-attempt.ts'
import { judgeFailure } from '../sync/attempt/retry-policy.ts'
import type { Commit, Position, StreamProgress } from '../sync/contract/commit.ts'
import type { SyncRequest } from '../sync/contract/sync-request.ts'
import { createFingerprints, type Fingerprints } from '../sync/delivered/fingerprints.ts'
import type { StartSync } from '../sync/engine.ts'
import { closeStreams, type SyncEnding } from '../sync/output/closing-lines.ts'
import type { Output } from './output.ts'

interface PrintDependencies {
  startSync: StartSync
  output: Output
  clock: Clock
  signal: AbortSignal
  /** Gets every error that fails an attempt, and when the next attempt begins; undefined = it was the last. */
  reportError: (error: unknown, nextInMs: number | undefined) => void
}

/** The part of what has been printed that the next attempt and the end need. */
interface Printed extends AttemptProgress {
  /** The position of the latest commit, as JSON, because the walks keep changing theirs. */
  position: string | undefined
  /** The growth of all commits. */
  growth: NonNullable<Commit['growth']>[number][]
  streams: StreamProgress[]
  errorTraced: boolean
}

/**
 * Runs the sync, attempt after attempt as a worker would, and prints each commit before the next is requested. The
 * output is one sync: every stream starts once and ends once, however many attempts it took.
 *
 * @returns why it failed; undefined when every stream is COMPLETE
 * @throws the signal's reason
 */
export async function printSync(
  request: SyncRequest,
  dependencies: PrintDependencies,
): Promise<JobFailure | undefined> {
  const { output, clock } = dependencies
  const printed: Printed = { position: undefined, growth: [], streams: [], errorTraced: false, idleAttempts: 0 }
  const failure = await runAttempts(request, dependencies, printed)
  const said: SyncEnding = failure ? { status: 'failed', failure } : { status: 'succeeded' }
  const { lines, ending } = closeStreams(printed.streams, said, printed.errorTraced, clock.now())
  if (lines.length > 0) await output.write(lines.join(''))
  return ending.failure
}

async function runAttempts(
  request: SyncRequest,
  dependencies: PrintDependencies,
  printed: Printed,
): Promise<JobFailure | undefined> {
  const { clock, signal, reportError } = dependencies
  const fingerprints = createFingerprints()
  for (;;) {
    printed.idleAttempts++
    try {
      return await printAttempt(request, dependencies, fingerprints, printed)
    } catch (error) {
      signal.throwIfAborted()
      const verdict = judgeFailure(error, printed.idleAttempts)
      reportError(error, verdict.kind === 'again' ? verdict.delayMs : undefined)
      if (verdict.kind === 'over') return verdict.failure
      await clock.sleep(verdict.delayMs, signal)
    }
  }
}

async function printAttempt(
  request: SyncRequest,
  { startSync, output, signal }: PrintDependencies,
  fingerprints: Fingerprints,
  printed: Printed,
): Promise<JobFailure | undefined> {
  const position = printed.position === undefined ? undefined : (JSON.parse(printed.position) as Position)
  const sync = startSync(request, { ...(position && { position }), growth: printed.growth, fingerprints, signal })
  const { failure } = await driveAttempt(
    sync,
    {
      async commit(commit) {
        if (commit.messageCount > 0) await output.write(commit.body)
        printed.position = JSON.stringify(commit.position)
        printed.growth.push(...(commit.growth ?? []))
        printed.streams = commit.streams
        printed.errorTraced ||= commit.holdsError
        return undefined
      },
      end: async (outcome) => outcome,
    },
    printed,
    signal,
  )
  return failure
}
