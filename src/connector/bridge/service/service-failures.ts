import { reportOf } from '../../../error-report.ts'
import { type ErrorCode, errorTable } from '../../../error-table.ts'
import { CodedError, type Fault } from '../../../errors.ts'
import { isObject } from '../../../json-object.ts'
import { gatewayError } from './gateway-answers.ts'

/** A text from elsewhere can be of any length. */
const longestDetail = 1000

/** Whether the same request may be answered later without anybody changing anything. */
export function mayPass(error: unknown): error is CodedError {
  if (!(error instanceof CodedError)) return false
  const { status, retryable } = errorTable[error.code]
  return retryable && (status >= 500 || status === 429 || status === 408)
}

/**
 * The meaning of an answer other than 2xx for the author of the config. Only the service's own problem documents are
 * quoted, because any other text comes from a stranger.
 *
 * @param config its secrets are removed from the text, in case an answer repeats them
 * @param place how the service is named
 */
export function toServiceError(status: number, body: unknown, config: object, place: string): CodedError {
  if (!isOwnProblem(body))
    return gatewayError(status, place) ?? configError('route_not_found', 'service_url', strangerDetail(status))
  const code = codeOf(body, status)
  if (code === 'unauthorized')
    return configError('unauthorized', 'service_api_key', 'is refused by the service: put a valid API key here')
  if (code === 'connection_not_found')
    return configError(code, 'connection_id', 'is the id of no connection that this API key can see')
  if (code === 'route_not_found') return configError('route_not_found', 'service_url', strangerDetail(status))
  const { detail, errors } = body
  const strike = (text: string) => reportOf(new CodedError(code, text.slice(0, longestDetail)), config).message
  return new CodedError(code, typeof detail === 'string' ? strike(detail) : undefined, {
    faults: readFaults(errors).map((fault) => ({ pointer: placeInFiles(fault.pointer), detail: strike(fault.detail) })),
  })
}

/** The answer does not come from the service. The fault names the config member that led there. */
export function strangerError(what: string): CodedError {
  return configError('route_not_found', 'service_url', `leads to no intercom-sync service: ${what}`)
}

function strangerDetail(status: number): string {
  if (status >= 300 && status < 400)
    return `leads to a redirect (status ${status}), which is not followed: put the final address here`
  return `leads to no intercom-sync service: it answered with status ${status}`
}

function configError(code: ErrorCode, member: string, detail: string): CodedError {
  return new CodedError(code, undefined, { faults: [{ pointer: `/config/${member}`, detail }] })
}

const problemPrefix = 'urn:intercom-sync:problem:'

/** Whether the service itself has answered. A gateway may send problem documents, too, but of other types. */
function isOwnProblem(body: unknown): body is Record<string, unknown> {
  return isObject(body) && typeof body.type === 'string' && body.type.startsWith(problemPrefix)
}

/** A later version may have codes that this one does not know. The status says what they come to. */
function codeOf({ code }: Record<string, unknown>, status: number): ErrorCode {
  if (typeof code === 'string' && Object.hasOwn(errorTable, code)) return code as ErrorCode
  return status >= 500 || status === 429 ? 'service_unavailable' : 'invalid_request'
}

function readFaults(errors: unknown): Fault[] {
  if (!Array.isArray(errors)) return []
  return errors.flatMap((fault: unknown) =>
    isObject(fault) && typeof fault.pointer === 'string' && typeof fault.detail === 'string'
      ? [{ pointer: fault.pointer, detail: fault.detail }]
      : [],
  )
}

/**
 * Maps members of our own request body to their places in the command's files; `/config`, `/catalog`, `/state` are
 * alike.
 */
function placeInFiles(pointer: string): string {
  return pointer.replace(/^\/connectionId/, '/config/connection_id')
}
