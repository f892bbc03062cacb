import { STATUS_CODES } from 'node:http'
import type { Socket } from 'node:net'
import { type ErrorCode, errorTable } from '../../error-table.ts'
import { problemType, retryAfterSeconds } from './problem.ts'

/** Errors before there is a request to route, by Node's code. Anything else is not HTTP. */
const codes: Record<string, ErrorCode> = {
  ERR_HTTP_REQUEST_TIMEOUT: 'request_timeout',
  HPE_HEADER_OVERFLOW: 'headers_too_large',
}

/**
 * Answers on the bare socket, then closes it, because after such an error nobody knows where the next request begins.
 */
export function answerClientError(error: Error & { code?: string }, socket: Socket): void {
  if (error.code === 'ECONNRESET' || socket.destroyed || !socket.writable) {
    socket.destroy()
    return
  }
  answerBare(socket, codes[error.code ?? ''] ?? 'not_http')
}

/** Refuses a connection before it has sent a request. */
export function answerOverload(socket: Socket): void {
  socket.on('error', () => undefined)
  answerBare(socket, 'overloaded')
}

function answerBare(socket: Socket, code: ErrorCode): void {
  const { status, title } = errorTable[code]
  const again = status === 503 ? `Retry-After: ${retryAfterSeconds}\r\n` : ''
  const body = JSON.stringify({ type: `urn:intercom-sync:problem:${code}`, title, status, detail: title, code })
  socket.end(
    `HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\nContent-Type: ${problemType}\r\n` +
      `Content-Length: ${Buffer.byteLength(body)}\r\n${again}Connection: close\r\n\r\n${body}`,
    () => socket.destroy(),
  )
}
