import { CodedError } from '../../errors.ts'
import type { Redact } from '../../redaction.ts'
import { hasRateLimitHeader, RateLimitedError } from '../budget/rate-limited.ts'
import { isBarePage, isPage } from './envelopes.ts'
import { FailingError, type Failure, ForeignAnswerError, RefusedError, readFailure } from './failures.ts'
import { describeAnswerer, type HttpAnswer } from './http-answer.ts'
import { OtherFormError } from './own-list.ts'
import { classOf } from './status-classes.ts'

/** The meaning of an answer. An answer that is not Intercom's own says nothing about Intercom's rate limit or time. */
export type AnswerVerdict<Result> =
  | { kind: 'fulfilled'; result: Result; isIntercoms: true }
  | { kind: 'failed'; error: unknown; isIntercoms: boolean }

/**
 * The only place that decides what an answer means: first whether it is Intercom's at all, then its class. The caller
 * knows which record or request it is about.
 *
 * @param redact is applied to everything that goes into an error
 * @param read reads a 2xx answer; throws CodedError when the answer is not reliable
 */
export function judgeAnswer<Result>(
  path: string,
  answer: HttpAnswer,
  redact: Redact,
  read: () => Result,
): AnswerVerdict<Result> {
  if (classOf(answer.status) === 'fulfilled') return judgeFulfilled(path, answer, redact, read)
  const failure = readFailure(answer.status, answer.body, redact)
  const isRateLimit = hasRateLimitHeader(answer)
  if (!failure && !isRateLimit) return { kind: 'failed', error: foreign(path, answer, redact), isIntercoms: false }
  return { kind: 'failed', error: failure ? errorOf(path, failure) : new RateLimitedError(path), isIntercoms: true }
}

function errorOf(path: string, failure: Failure): CodedError {
  if (failure.class === 'rate_limited') return new RateLimitedError(path, failure.detail)
  return failure.class === 'retry' ? new FailingError(path, failure) : new RefusedError(path, failure)
}

function judgeFulfilled<Result>(
  path: string,
  answer: HttpAnswer,
  redact: Redact,
  read: () => Result,
): AnswerVerdict<Result> {
  try {
    return { kind: 'fulfilled', result: read(), isIntercoms: true }
  } catch (error) {
    const isForeign = error instanceof OtherFormError || (isUnread(error) && isPage(answer.body))
    return { kind: 'failed', error: isForeign ? foreign(path, answer, redact) : error, isIntercoms: false }
  }
}

function isUnread(error: unknown): boolean {
  return error instanceof CodedError && error.code === 'intercom_protocol'
}

function foreign(path: string, answer: HttpAnswer, redact: Redact): ForeignAnswerError {
  return new ForeignAnswerError(path, describeAnswerer(answer, redact), isBarePage(answer.status, path, answer.body))
}
