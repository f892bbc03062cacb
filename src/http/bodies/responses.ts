import { type TSchema, Type } from 'typebox'
import { type ErrorCode, errorTable } from '../../error-table.ts'
import { problemType } from '../requests/problem.ts'
import { jobStatusHeader, messagesType } from './schemas.ts'

/** The possible answers of a route, for the OpenAPI document and the serialiser. */

/** How OpenAPI says that a call needs an API key; `docs.ts` declares the scheme. */
export const needsApiKey = [{ apiKey: [] }]

/** How it says that everybody may call. */
export const needsNoKey: [] = []

interface Response {
  description: string
  content: Record<string, { schema: TSchema }>
  headers?: Record<string, object>
}

/** Codes that every call can answer with. */
const openCodes: ErrorCode[] = ['invalid_request', 'origin_not_allowed', 'host_not_allowed']

/** Codes that every call under `/v1` can answer with, whether it needs a key or not. */
export const serviceCodes: ErrorCode[] = [
  'too_many_requests',
  'internal_error',
  'data_unreadable',
  'seal_broken',
  'store_unavailable',
  'shutting_down',
  'overloaded',
]
const commonCodes: ErrorCode[] = [...openCodes, 'unauthorized', ...serviceCodes]

/** Codes of calls that have a body. */
export const bodyCodes: ErrorCode[] = ['malformed_json', 'body_too_large', 'unsupported_media_type']
/** Codes of calls that check settings at Intercom before they store them. */
export const checkCodes: ErrorCode[] = ['check_failed', 'intercom_unavailable', 'intercom_protocol', 'proxy_refused']
/** Codes of calls that may give a connection another token. */
export const workspaceCodes: ErrorCode[] = ['workspace_changed', 'connection_busy']

/** The problem answers of a call under `/v1`: the common ones and those named. */
export function problemResponses(...codes: ErrorCode[]): Record<number, Response> {
  return describeProblems([...commonCodes, ...codes])
}

/** The problem answers of a call that needs no key. */
export function openProblems(...codes: ErrorCode[]): Record<number, Response> {
  return describeProblems([...openCodes, ...codes])
}

function describeProblems(codes: ErrorCode[]): Record<number, Response> {
  const responses: Record<number, Response> = {}
  for (const code of codes) {
    const { status, title } = errorTable[code]
    const others = responses[status]?.description
    const description = `\`${code}\`: ${title}`
    responses[status] = {
      description: others ? `${others}; ${description}` : description,
      content: { [problemType]: { schema: Type.Ref('Problem') } },
    }
  }
  return responses
}

const text = (description: string) => ({ description, type: 'string' })

export function jobResponse(description: string, headers?: Record<string, object>): Response {
  return {
    description,
    content: { 'application/json': { schema: Type.Ref('Job') } },
    ...(headers && { headers }),
  }
}

/** One Airbyte message, as a JSON document. */
export function messageResponse(schemaId: string, description: string): Response {
  return { description, content: { 'application/json': { schema: Type.Ref(schemaId) } } }
}

export const locationHeader = {
  Location: text('Path of the job; its whole address where the service knows how callers reach it'),
  'Idempotent-Replayed': text('`true` when the job was there before this request'),
}

export const connectionChangeHeader = {
  'Connection-Change': text('`created`, `changed`, or `unchanged` when the request asks for what is there already'),
}

export function messagesResponse(headers: Record<string, object> = {}): Response {
  return {
    description:
      'Airbyte messages, one a line. Only lines that end in a newline count as held. When following, the body is ended ' +
      'properly only after the last message of an ended job; otherwise the connection is cut, and the messages go on ' +
      'from `after`. A proper end does not mean that the job succeeded: `Job-Status` says so, or the job itself.',
    content: { [messagesType]: { schema: Type.String() } },
    headers: {
      'Log-Epoch': text('Epoch of the message log, for `epoch`'),
      [jobStatusHeader]: text(
        '`succeeded`, `failed` or `cancelled`: a header if the job had ended before; when following, otherwise, a ' +
          'trailer after the last message',
      ),
      ...headers,
    },
  }
}
