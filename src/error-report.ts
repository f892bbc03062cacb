import { CodedError } from './errors.ts'

/** What the service's own log says of an error. */
export interface ErrorReport {
  name: string
  message: string
  code?: string
  /** Absent for errors from the error table: those are understood. */
  stack?: string
  cause?: ErrorReport
}

const secretName = /token|secret|key|password|credential/i
const leastSecretLength = 6
const deepestCause = 3

/**
 * An error for the log. Only texts are taken, since errors of HTTP libraries carry whole requests with their headers,
 * and the secrets among the config's values are struck out even of those.
 */
export function reportOf(error: unknown, config: object = {}, depth = 0): ErrorReport {
  if (!(error instanceof Error)) return { name: typeof error, message: strike(String(error), config) }
  const known = error instanceof CodedError
  return {
    name: error.name,
    message: strike(error.message, config),
    ...(known && { code: error.code }),
    ...(!known && error.stack && { stack: strike(error.stack, config) }),
    ...(error.cause instanceof Error && depth < deepestCause && { cause: reportOf(error.cause, config, depth + 1) }),
  }
}

function strike(text: string, config: object): string {
  let struck = text
  for (const secret of secretsIn(config)) struck = struck.replaceAll(secret, '[hidden]')
  return struck
}

function secretsIn(config: object): string[] {
  return Object.entries(config).flatMap(([name, value]: [string, unknown]) => {
    if (typeof value === 'object' && value !== null) return secretsIn(value)
    return typeof value === 'string' && secretName.test(name) && value.length >= leastSecretLength ? [value] : []
  })
}
