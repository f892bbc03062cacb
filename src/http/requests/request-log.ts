import { type FastifyReply, type FastifyRequest, LogController } from 'fastify'

/**
 * Logs each request at `debug`, once it has been answered or its client has left: method, path, status. The query, the
 * headers and the body are in no line. The request's id has the name that it has in problem documents.
 */
class RequestLog extends LogController {
  override incomingRequest(): void {}

  override requestCompleted(error: Error | null | undefined, request: FastifyRequest, reply: FastifyReply): void {
    const answer = { status: reply.statusCode, ms: Math.round(reply.elapsedTime) }
    reply.log.debug({ ...loggedRequest(request), ...answer, ...(error && { err: error }) }, 'request')
  }
}

export function createRequestLog(): LogController {
  return new RequestLog({ requestIdLogLabel: 'requestId' })
}

/** A request as any line of the log may show it. */
export function loggedRequest({ method, url }: Pick<FastifyRequest, 'method' | 'url'>): {
  method: string
  path: string | undefined
} {
  return { method, path: url.split('?', 1)[0] }
}
