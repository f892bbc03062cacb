import { CodedError } from './errors.ts'
import { createRedact, type Redact } from './redaction.ts'

/** What the service's own log shows about an error. */
interface ErrorReport {
  name: string
  message: string
  code?: string
  /** Absent for errors from the error table, because their cause is known. */
  stack?: string
  cause?: ErrorReport
}

const deepestCause = 3

/**
 * An error for the log. Only its texts are taken, since errors of HTTP libraries carry whole requests with their
 * headers. The secrets among the config's values are removed even from these texts.
 */
export function reportOf(error: unknown, config: object = {}): ErrorReport {
  return reportRedacted(error, createRedact(config), 0)
}

function reportRedacted(error: unknown, redact: Redact, depth: number): ErrorReport {
  if (!(error instanceof Error)) return { name: typeof error, message: redact(String(error)) }
  const known = error instanceof CodedError
  return {
    name: error.name,
    message: redact(error.message),
    ...(known && { code: error.code }),
    ...(!known && error.stack && { stack: redact(error.stack) }),
    ...(error.cause instanceof Error &&
      depth < deepestCause && { cause: reportRedacted(error.cause, redact, depth + 1) }),
  }
}
