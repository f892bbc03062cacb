import { CodedError } from '../../errors.ts'
import type { Redact } from '../../redaction.ts'
import { readOwnError } from './envelopes.ts'
import { type AnswerClass, classOf } from './status-classes.ts'

/** Intercom's own answer to a request that it did not fulfil. */
export interface Failure {
  status: number
  /** First code of an `error.list`. */
  intercomCode: string | undefined
  /** Intercom's words, shortened, without secrets. */
  detail: string
  class: AnswerClass
}

const DETAIL_LENGTH = 200
/**
 * Another client has the workspace's scroll. Intercom says so with 400, 409 and 423; asking again at once does not
 * help.
 */
const SCROLL_EXISTS = 'scroll_exists'

/** Reads a non-2xx answer; undefined when it is not Intercom's. */
export function readFailure(status: number, body: Buffer, redact: Redact): Failure | undefined {
  const own = readOwnError(status, body)
  if (!own || classOf(status) === 'foreign') return undefined
  // Redacted before it is shortened: shortening could cut a secret in half.
  const detail = redact(own.message ?? own.code ?? `HTTP ${status}`).slice(0, DETAIL_LENGTH)
  return {
    status,
    intercomCode: own.code && redact(own.code),
    detail,
    class: own.code === SCROLL_EXISTS ? 'refused' : classOf(status),
  }
}

/** Intercom will not fulfil this request, however often it is sent. */
export class RefusedError extends CodedError {
  readonly failure: Failure

  constructor(path: string, failure: Failure) {
    super('intercom_rejected', `Intercom answered ${failure.status} to ${path}: ${failure.detail}`)
    this.name = 'RefusedError'
    this.failure = failure
  }

  /** 401 and 403 can both mean a missing permission or a bad token. Only answers to other requests show which. */
  get unauthorized(): boolean {
    return this.failure.class === 'unauthorized'
  }

  /** The thing requested does not exist, or no longer. */
  get gone(): boolean {
    return this.failure.class === 'gone'
  }

  /** Intercom's answer to a list that the workspace, or the version of its API, does not have. */
  get isAbsence(): boolean {
    return this.gone || this.failure.intercomCode === 'intercom_version_invalid'
  }

  /** Another client has the workspace's one scroll open. */
  get isOfScroll(): boolean {
    return this.failure.intercomCode === SCROLL_EXISTS
  }
}

/** Intercom itself says that it cannot answer now. */
export class FailingError extends CodedError {
  readonly status: number

  constructor(path: string, { status, detail }: Failure) {
    super('intercom_unavailable', `Intercom answered ${status} to ${path}: ${detail}`)
    this.name = 'FailingError'
    this.status = status
  }
}

/** Somebody else has answered in Intercom's place. */
export class ForeignAnswerError extends CodedError {
  /** The page that Intercom's web server is known to send for lists of a deleted company. */
  readonly isBarePage: boolean

  /** @param answerer who it was, as far as the answer shows */
  constructor(path: string, answerer: string, isBarePage: boolean) {
    super('intercom_unavailable', `The answer to ${path} is not Intercom's: ${answerer}`)
    this.name = 'ForeignAnswerError'
    this.isBarePage = isBarePage
  }
}

/** Whether it is the page that Intercom's web server is known to send for lists of a deleted company. */
export function isBarePageError(error: unknown): error is ForeignAnswerError {
  return error instanceof ForeignAnswerError && error.isBarePage
}
