import type { components } from './schema.ts'

type ProblemDocument = components['schemas']['Problem']

/** Why a call has not brought what was asked for, in the service's words, or in ours where it has said nothing. */
export class CallError extends Error {
  override name = 'CallError'
  readonly code: string
  readonly title: string
  readonly status: number
  readonly faults: { pointer: string; detail: string }[]
  /** Further members of the problem, e.g. `jobId` of `connection_busy`. */
  readonly extensions: Record<string, unknown>

  constructor(problem: Pick<ProblemDocument, 'code' | 'title' | 'status' | 'detail'> & Partial<ProblemDocument>) {
    super(problem.detail)
    const { code, title, status, errors = [], ...extensions } = problem
    this.code = code
    this.title = title
    this.status = status
    this.faults = errors
    this.extensions = extensions
  }

  /** Whether the page makes the call again by itself. */
  isRetried = false

  /** Whether it may pass without anybody doing anything. */
  get mayPass(): boolean {
    return this.status === 0 || this.status === 429 || this.status >= 500
  }
}

/** What a failed `fetch` means: browsers tell no more than that there was no answer. */
export function unreachable(): CallError {
  return new CallError({
    code: 'service_unreachable',
    title: 'The service does not answer',
    status: 0,
    detail: 'It may be restarting, or the network is down.',
  })
}

/** The problem in an answer that is none of the expected ones; a proxy's page has no problem document. */
export function problemOf(status: number, body: unknown): CallError {
  if (isProblem(body)) return new CallError({ ...body, status })
  return new CallError({
    code: 'unexpected_answer',
    title: `Something in front of the service answered ${status}`,
    status,
    detail: 'The answer does not come from the service itself. Look at the proxy in front of it.',
  })
}

function isProblem(body: unknown): body is ProblemDocument {
  if (typeof body !== 'object' || body === null) return false
  const { code, detail, title } = body as Record<string, unknown>
  return typeof code === 'string' && typeof detail === 'string' && typeof title === 'string'
}
