import type { Socket } from 'node:net'
import { problemType } from './problem.ts'

interface ClientError {
  status: number
  reason: string
  code: string
  title: string
}

const notHttp: ClientError = { status: 400, reason: 'Bad Request', code: 'not_http', title: 'The request is not HTTP' }

/** What fails before there is a request to route. No job can end this way, so the error table does not have them. */
const clientErrors: Record<string, ClientError> = {
  ERR_HTTP_REQUEST_TIMEOUT: {
    status: 408,
    reason: 'Request Timeout',
    code: 'request_timeout',
    title: 'The request took too long to arrive',
  },
  HPE_HEADER_OVERFLOW: {
    status: 431,
    reason: 'Request Header Fields Too Large',
    code: 'headers_too_large',
    title: 'The headers are too large',
  },
}

/** Answers on the bare socket, then closes it: after such an error its bytes have no meaning any more. */
export function answerClientError(error: Error & { code?: string }, socket: Socket): void {
  if (error.code === 'ECONNRESET' || socket.destroyed || !socket.writable) {
    socket.destroy()
    return
  }
  const { status, reason, code, title } = clientErrors[error.code ?? ''] ?? notHttp
  const problem = { type: `urn:intercom-sync:problem:${code}`, title, status, detail: title, code }
  const body = JSON.stringify(problem)
  socket.end(
    `HTTP/1.1 ${status} ${reason}\r\nContent-Type: ${problemType}\r\nContent-Length: ${Buffer.byteLength(body)}\r\nConnection: close\r\n\r\n${body}`,
    () => socket.destroy(),
  )
}
