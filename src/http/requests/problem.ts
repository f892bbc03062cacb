import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { type ErrorCode, errorTable } from '../../error-table.ts'
import { CodedError, type Fault, firstFaults } from '../../errors.ts'
import { loggedRequest } from './request-log.ts'

export const problemType = 'application/problem+json'

/** `Retry-After` of a 503, and of a 429 that names no other, seconds. */
export const retryAfterSeconds = 5

/** An RFC 9457 problem document. */
export interface Problem {
  type: string
  title: string
  status: number
  detail: string
  code: string
  /** The first faults of a bad request. */
  errors?: Fault[]
  /** How many faults there are in all. */
  errorCount?: number
  /** For a 5xx: what to look for in the service's log. */
  requestId?: string
  [extension: string]: unknown
}

/** Fastify's own errors in our table. Its other errors are bad requests if their status is 4xx. */
const fastifyCodes: Record<string, ErrorCode> = {
  FST_ERR_CTP_INVALID_MEDIA_TYPE: 'unsupported_media_type',
  FST_ERR_CTP_BODY_TOO_LARGE: 'body_too_large',
}

/** Renders every error of every route, and paths that lead nowhere. */
export function addProblems(app: FastifyInstance): void {
  app.setErrorHandler(async (error, request, reply) => sendProblem(request, reply, error))
  app.setNotFoundHandler(async (request, reply) =>
    sendProblem(
      request,
      reply,
      new CodedError('route_not_found', `Nothing is here; ${request.baseUrl}/docs lists every call`),
    ),
  )
}

/** Answers with the problem that an error stands for. The text of other errors goes to the log only. */
export function sendProblem(request: FastifyRequest, reply: FastifyReply, thrown: unknown): FastifyReply {
  const error = toCodedError(thrown)
  const { status } = errorTable[error.code]
  if (status >= 500 && !reply.raw.destroyed) {
    const level = status === 503 ? 'warn' : 'error'
    const failure = { ...loggedRequest(request), code: error.code, reason: describe(thrown) }
    request.log[level](failure, 'request failed')
  }
  if (status === 503 || (status === 429 && !reply.hasHeader('Retry-After')))
    reply.header('Retry-After', retryAfterSeconds)
  const problem = toProblem(error, request.id)
  // Bytes, because Fastify would add a charset to the type of a text, and this type has no such parameter.
  const body = Buffer.from(JSON.stringify(problem))
  return reply.code(status).header('Cache-Control', 'no-store').type(problemType).send(body)
}

function toProblem(error: CodedError, requestId: string): Problem {
  const { status, title } = errorTable[error.code]
  return {
    ...error.extensions,
    type: `urn:intercom-sync:problem:${error.code}`,
    title,
    status,
    detail: error.message,
    code: error.code,
    ...(error.faults.length > 0 && { errors: firstFaults(error.faults), errorCount: error.faults.length }),
    ...(status >= 500 && { requestId }),
  }
}

function toCodedError(thrown: unknown): CodedError {
  if (thrown instanceof CodedError) return thrown
  const { code, statusCode } = thrown as { code?: unknown; statusCode?: unknown }
  const known = typeof code === 'string' ? fastifyCodes[code] : undefined
  if (known) return new CodedError(known)
  const isCallersFault = typeof statusCode === 'number' && statusCode >= 400 && statusCode < 500
  return new CodedError(isCallersFault ? 'invalid_request' : 'internal_error', undefined, { cause: thrown })
}

/** Only these members are logged: errors of ioredis and axios carry whole commands and requests. */
function describe(thrown: unknown): object {
  if (!(thrown instanceof Error)) return { message: String(thrown) }
  return {
    name: thrown.name,
    message: thrown.message,
    stack: thrown.stack,
    cause: thrown.cause && describe(thrown.cause),
  }
}
