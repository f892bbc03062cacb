import { errorTable } from '../../error-table.ts'
import { CodedError, type JobFailure, toJobFailure } from '../../errors.ts'

/** Failed attempts in a row after which a job is given up, none of which came further; see `Movement`. */
const maxIdleAttempts = 5
/**
 * Workers that die over a job, none of which came further, before it is given up. More than failed attempts: most die of
 * something else, a node that is drained or a neighbour that takes the memory, and each death is followed by another try
 * as soon as it is noticed, without a wait that would let that pass.
 */
export const maxDeaths = 10

const afterProgressMs = 500
const firstDelayMs = 10_000
const delayFactor = 3
const longestDelayMs = 30 * 60_000

/**
 * How long to wait before the next attempt, ms: hardly after an attempt that came further, else 10 s, 30 s, 90 s …
 * up to 30 min.
 *
 * @param idleAttempts attempts begun since one last came further
 */
export function delayBeforeNextAttempt(idleAttempts: number): number {
  if (idleAttempts === 0) return afterProgressMs
  return Math.min(firstDelayMs * delayFactor ** (idleAttempts - 1), longestDelayMs)
}

/** What becomes of a job whose attempt has failed: another attempt after `delayMs`, or its end. */
export type Verdict = { kind: 'again'; failure: JobFailure; delayMs: number } | { kind: 'over'; failure: JobFailure }

/** @param idleAttempts attempts begun since one last came further */
export function judgeFailure(error: unknown, idleAttempts: number): Verdict {
  const failure = toJobFailure(error)
  if (!errorTable[failure.code].retryable) return { kind: 'over', failure }
  if (idleAttempts >= maxIdleAttempts) return { kind: 'over', failure: noProgress(failure) }
  return { kind: 'again', failure, delayMs: delayBeforeNextAttempt(idleAttempts) }
}

/** The end of a job whose attempts came to nothing; `cause` is why the last one failed. */
function noProgress(cause: JobFailure): JobFailure {
  const message = `${maxIdleAttempts} attempts in a row came no further. The last one failed with: ${cause.message}`
  // That Intercom is away, or somebody stands before it, is what people have to know.
  const code = cause.code === 'intercom_unavailable' ? cause.code : 'no_progress'
  return toJobFailure(new CodedError(code, message))
}

/** The end of a job over which workers die: nothing tells why, as nobody was left to say it. */
export function workersDied(): JobFailure {
  const message =
    `${maxDeaths} workers in a row died while they worked at this job, and none of them came further. They may have run ` +
    'out of memory, or been killed: look at what the system and the logs of the workers say of their ends.'
  return toJobFailure(new CodedError('no_progress', message))
}
