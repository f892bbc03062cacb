import type { JobFailure } from '../errors.ts'
import { CONFIRM_AFTER_MS } from '../intercom/endpoints/confirmed.ts'
import type { Attempt, AttemptIdentity, AttemptStore } from '../store/attempts/attempts.ts'
import { cancelledEnding, type EndOutcome, type JobEnding } from '../store/attempts/job-end.ts'
import type { ConnectionName } from '../store/schedules/scheduled-connections.ts'
import { judgeFailure, maxDeaths, workersDied } from '../sync/attempt/retry-policy.ts'
import { Rest } from '../sync/contract/rest.ts'
import type { SyncRequest } from '../sync/contract/sync-request.ts'
import { AttemptStop } from './attempt-stop.ts'
import { type CommitProgress, commitSync, type SyncCommitDependencies } from './commit-sync.ts'
import { createPatientAttempts } from './patient-attempts.ts'
import { type AttemptWatch, unwatched } from './watch/attempt-watch.ts'

/** What happens to the queue's job after an attempt: it is finished, or comes again after `delayMs`. */
type AttemptResult =
  | { kind: 'over'; outcome: 'ended' | 'superseded' }
  | { kind: 'again'; outcome: 'failed' | 'handed_over' | 'rested'; delayMs: number }

export interface AttemptDependencies extends SyncCommitDependencies {
  /** Begins to watch an attempt. @defaultValue nobody does */
  watchAttempt?: (attempt: Attempt) => AttemptWatch
  /** Gets every error that fails an attempt, before it is reduced to what users may see. */
  reportError: (error: unknown, attempt: Attempt, request: SyncRequest | undefined) => void
  /** Is told once that a connection needs another token. @defaultValue nobody is */
  onSignInNeeded?: (connection: ConnectionName) => void
  /** Gets errors of Redis that the attempt waits out. */
  onError: (error: unknown) => void
}

const superseded: AttemptResult = { kind: 'over', outcome: 'superseded' }

/**
 * One attempt at a job, from its beginning to the job's end or to the next attempt. Rejects only when the lock was lost:
 * the job belongs to another worker then.
 */
export async function runAttempt(
  given: AttemptDependencies,
  identity: AttemptIdentity,
  signal: AbortSignal,
): Promise<AttemptResult> {
  const attempts = createPatientAttempts(given.attempts, { ...given, signal })
  const dependencies = { ...given, attempts }
  const { watchAttempt = () => unwatched } = dependencies
  const attempt = await attempts.begin(identity, 'start', dependencies.createId())
  if (attempt === 'ENDED' || attempt === 'FENCED') return superseded
  if (attempt.cancelReason) return endJob(attempts, attempt, cancelledEnding(attempt.cancelReason))
  // A worker that died could not end the job, so the next one does.
  if (attempt.deaths >= maxDeaths) return endJob(attempts, attempt, failedEnding(workersDied()))

  const watch = watchAttempt(attempt)
  try {
    return await work(dependencies, { attempt, idleAttempts: attempt.idleAttempts, hasProgress: false, watch }, signal)
  } finally {
    watch.stop()
  }
}

/** The attempt from its beginning on, until it has ended the job or handed it on. */
async function work(
  dependencies: AttemptDependencies,
  progress: CommitProgress,
  signal: AbortSignal,
): Promise<AttemptResult> {
  const { attempts, reportError } = dependencies
  const { attempt, watch } = progress
  try {
    return overAfter(await commitSync(dependencies, signal, progress))
  } catch (error) {
    if (error instanceof AttemptStop && error.stopCause === 'lock-lost') throw error
    const isStopped = error instanceof AttemptStop || error instanceof Rest
    if (!isStopped) reportError(error, attempt, openedRequest(attempt))
    await watch.settle()
    if (error instanceof Rest) return restAttempt(attempts, progress, error.restMs)
    if (error instanceof AttemptStop) return releaseAttempt(attempts, progress.attempt, undefined, 0)
    const verdict = judgeFailure(error, progress.idleAttempts)
    if (verdict.kind === 'over') {
      const doubtMs = await doubtToken(dependencies, progress, verdict.failure)
      if (doubtMs > 0) return releaseAttempt(attempts, progress.attempt, verdict.failure, doubtMs)
      return endJob(attempts, progress.attempt, failedEnding(verdict.failure))
    }
    return releaseAttempt(attempts, progress.attempt, verdict.failure, verdict.delayMs)
  }
}

/**
 * That a connection's token is refused is believed when Intercom says so again, ten seconds later. Somebody must then sign
 * in, and nothing begins by itself until that has happened.
 *
 * @returns ms until the next attempt asks again; 0 when the job is over
 */
async function doubtToken(
  { attempts, onSignInNeeded }: AttemptDependencies,
  { attempt, idleAttempts }: CommitProgress,
  { code }: JobFailure,
): Promise<number> {
  const { tenant, connectionId } = attempt
  if (code !== 'token_invalid' || connectionId === undefined) return 0
  if (idleAttempts < 2) return CONFIRM_AFTER_MS
  if (await attempts.needSignIn(attempt)) onSignInNeeded?.({ tenant, connectionId })
  return 0
}

/** Hands the job to the next attempt, or ends it if somebody has requested the end meanwhile. */
async function releaseAttempt(
  attempts: AttemptStore,
  identity: AttemptIdentity,
  failure: JobFailure | undefined,
  delayMs: number,
): Promise<AttemptResult> {
  const isCounted = failure !== undefined && failure.code !== 'store_unavailable'
  const counted = isCounted ? 'counted' : 'uncounted'
  const released = await attempts.release(identity, counted, failure, failure && delayMs)
  if (released.outcome === 'CANCELLED') return endJob(attempts, identity, cancelledEnding(released.cancelReason))
  if (released.outcome !== 'RELEASED') return superseded
  return { kind: 'again', outcome: failure ? 'failed' : 'handed_over', delayMs }
}

/** So much later a job comes back that gives way to others, so that they come first. */
const behindOthersMs = 1000

/** Gives the slot back: the job goes on when its turn comes, and its readers see no more than that it waits. */
async function restAttempt(
  attempts: AttemptStore,
  { attempt, hasProgress }: CommitProgress,
  restMs: number,
): Promise<AttemptResult> {
  const released = await attempts.rest(attempt, hasProgress)
  if (released.outcome === 'CANCELLED') return endJob(attempts, attempt, cancelledEnding(released.cancelReason))
  if (released.outcome !== 'RELEASED') return superseded
  return { kind: 'again', outcome: 'rested', delayMs: Math.max(restMs, behindOthersMs) }
}

async function endJob(attempts: AttemptStore, identity: AttemptIdentity, ending: JobEnding): Promise<AttemptResult> {
  return overAfter(await attempts.end(identity.jobId, identity.fence, ending, { attemptId: identity.attemptId }))
}

function overAfter(end: EndOutcome): AttemptResult {
  return end === 'DONE' ? { kind: 'over', outcome: 'ended' } : superseded
}

/** The request, so that its secrets can be removed from log lines. */
function openedRequest(attempt: Attempt): SyncRequest | undefined {
  try {
    return attempt.openRequest()
  } catch {
    return undefined
  }
}

function failedEnding(failure: JobFailure): JobEnding {
  return { status: 'failed', failure }
}
