/** One answer of the simulated API. */
export interface Answer {
  status: number
  /** UTF-8 bytes of the body. */
  body: Buffer
  headers?: Record<string, string>
  /** How many records the body carries. */
  records?: number
}

export function jsonAnswer(value: unknown, status = 200): Answer {
  return { status, body: Buffer.from(JSON.stringify(value)) }
}

/** What is wrong with a request, in Intercom's words; becomes an `error.list`. */
export class RefusedRequest extends Error {
  readonly status: number
  readonly code: string

  readonly headers: Record<string, string>

  constructor(status: number, code: string, message: string, headers: Record<string, string> = {}) {
    super(message)
    this.headers = headers
    this.name = 'RefusedRequest'
    this.status = status
    this.code = code
  }
}

/** Intercom's envelope of errors. */
export function errorAnswer(status: number, code: string, message: string, requestId: string): Answer {
  return jsonAnswer({ type: 'error.list', request_id: requestId, errors: [{ code, message }] }, status)
}
