import { CodedError, errorTable, type JobFailure, toJobFailure } from '../errors.ts'

/** Attempts in a row without a committed record after which a job is given up. */
export const maxIdleAttempts = 5

const afterProgressMs = 500
const firstDelayMs = 10_000
const delayFactor = 3
const longestDelayMs = 30 * 60_000

/**
 * How long to wait before the next attempt, ms: hardly after an attempt that committed records, else 10 s, 30 s, 90 s …
 * up to 30 min.
 *
 * @param idleAttempts attempts begun since a record was last committed
 */
export function delayBeforeNextAttempt(idleAttempts: number): number {
  if (idleAttempts === 0) return afterProgressMs
  return Math.min(firstDelayMs * delayFactor ** (idleAttempts - 1), longestDelayMs)
}

/** What becomes of a job whose attempt has failed: another attempt after `delayMs`, or its end. */
export type Verdict = { kind: 'again'; failure: JobFailure; delayMs: number } | { kind: 'over'; failure: JobFailure }

/** @param idleAttempts attempts begun since a record was last committed */
export function judgeFailure(error: unknown, idleAttempts: number): Verdict {
  const failure = toJobFailure(error)
  if (!errorTable[failure.code].retryable) return { kind: 'over', failure }
  if (idleAttempts >= maxIdleAttempts) return { kind: 'over', failure: noProgress(failure) }
  return { kind: 'again', failure, delayMs: delayBeforeNextAttempt(idleAttempts) }
}

/** The end of a job whose attempts came to nothing; `cause` is why the last one failed, if it told. */
export function noProgress(cause: JobFailure | undefined): JobFailure {
  const why = cause ? ` The last one failed with: ${cause.message}` : ' They died without telling why.'
  return toJobFailure(
    new CodedError('no_progress', `${maxIdleAttempts} attempts in a row ended without a new record.${why}`),
  )
}
