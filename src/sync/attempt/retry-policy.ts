import { errorTable } from '../../error-table.ts'
import { CodedError, type JobFailure, toJobFailure } from '../../errors.ts'

/** A job is given up after so many failed attempts in a row without progress; see `Movement`. */
const maxIdleAttempts = 5
/**
 * A job is given up when so many workers in a row die while they run it, without progress. The limit is higher than for
 * failed attempts, because most workers die for another reason: a node is drained, or a neighbour takes the memory. And
 * each death is followed by another try as soon as it is noticed, with no wait in which such a cause could pass.
 */
export const maxDeaths = 10

const afterProgressMs = 500
const firstDelayMs = 10_000
const delayFactor = 3

/**
 * How long to wait before the next attempt, ms: almost no time after an attempt that made progress, else 10 s, 30 s,
 * 90 s and 270 s.
 *
 * @param idleAttempts attempts begun since the last one that made progress
 */
export function delayBeforeNextAttempt(idleAttempts: number): number {
  if (idleAttempts === 0) return afterProgressMs
  return firstDelayMs * delayFactor ** (idleAttempts - 1)
}

/** What happens to a job whose attempt has failed: another attempt after `delayMs`, or its end. */
type FailureVerdict = { kind: 'again'; failure: JobFailure; delayMs: number } | { kind: 'over'; failure: JobFailure }

/** @param idleAttempts attempts begun since the last one that made progress */
export function judgeFailure(error: unknown, idleAttempts: number): FailureVerdict {
  const failure = toJobFailure(error)
  if (!errorTable[failure.code].retryable) return { kind: 'over', failure }
  // The job is not to blame, however long Redis cannot serve.
  if (failure.code === 'store_unavailable') return { kind: 'again', failure, delayMs: afterProgressMs }
  if (idleAttempts >= maxIdleAttempts) return { kind: 'over', failure: noProgress(failure) }
  return { kind: 'again', failure, delayMs: delayBeforeNextAttempt(idleAttempts) }
}

/** The end of a job whose attempts made no progress; `cause` is why the last one failed. */
function noProgress(cause: JobFailure): JobFailure {
  const message = `${maxIdleAttempts} attempts in a row came no further. The last one failed with: ${cause.message}`
  // People need to know if Intercom is down, or if something blocks the way to it.
  const code = cause.code === 'intercom_unavailable' ? cause.code : 'no_progress'
  return toJobFailure(new CodedError(code, message))
}

/** The end of a job that workers die over. No reason is known, because no worker survived to report one. */
export function workersDied(): JobFailure {
  const message =
    `${maxDeaths} workers in a row died while they worked at this job, and none of them came further. They may have run ` +
    'out of memory, or been killed: look at what the system and the logs of the workers say of their ends.'
  return toJobFailure(new CodedError('no_progress', message))
}
