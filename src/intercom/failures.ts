import { CodedError } from '../errors.ts'

/** Intercom's answer to a request it did not fulfil. */
export interface Failure {
  status: number
  /** First code of an `error.list`, else `undefined`; codes are many and grow, so unknown ones go by status. */
  intercomCode: string | undefined
  /** Intercom's words, shortened; HTML is left out. */
  detail: string
  kind: FailureKind
}

/** What to do next: wait for the budget, ask again, or give up. */
export type FailureKind = 'rate_limited' | 'retry' | 'refused'

const RETRIED_STATUSES = new Set([408, 500, 502, 503, 504])
const DETAIL_LENGTH = 200

/** Reads a non-2xx answer. Bodies may be an `error.list`, another JSON shape, HTML, or nothing. */
export function readFailure(status: number, body: Buffer): Failure {
  const first = firstError(body)
  const detail = (first?.message ?? first?.code ?? `HTTP ${status}`).slice(0, DETAIL_LENGTH)
  return { status, intercomCode: first?.code, detail, kind: kindOf(status, first !== undefined) }
}

function kindOf(status: number, isIntercoms: boolean): FailureKind {
  if (status === 429) return 'rate_limited'
  // Something in front of Intercom asks for a person now and then: 405 with a page. It passes.
  if (status === 405 && !isIntercoms) return 'retry'
  return RETRIED_STATUSES.has(status) ? 'retry' : 'refused'
}

function firstError(body: Buffer): { code?: string; message?: string } | undefined {
  let parsed: unknown
  try {
    parsed = JSON.parse(body.toString('utf8'))
  } catch {
    return undefined
  }
  const errors = (parsed as { errors?: unknown } | null)?.errors
  const error: unknown = Array.isArray(errors) ? errors[0] : undefined
  if (typeof error !== 'object' || error === null) return undefined
  const { code, message } = error as { code?: unknown; message?: unknown }
  return { ...(typeof code === 'string' && { code }), ...(typeof message === 'string' && { message }) }
}

/** Intercom will not fulfil this request however often it is asked. */
export class RefusedError extends CodedError {
  readonly failure: Failure

  constructor(path: string, failure: Failure) {
    super('intercom_rejected', `Intercom answered ${failure.status} to ${path}: ${failure.detail}`)
    this.name = 'RefusedError'
    this.failure = failure
  }

  /** 401 and 403 both stand for a missing permission as well as for a bad token; only other answers tell them apart. */
  get unauthorized(): boolean {
    return this.failure.status === 401 || this.failure.status === 403
  }
}
