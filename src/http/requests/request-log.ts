import { type FastifyReply, type FastifyRequest, LogController } from 'fastify'

/**
 * Logs each request at `debug`, once it has been answered or its client has left: method, path, names of parameters,
 * status. Values of the query, the headers and the body are in no line. The request's id has the name that it has in problem documents.
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

/** What else people put into a URL. */
const knownNames = ['access_token', 'api_key']

/** Stands for all names that no call has: a secret may stand in the place of a name, too. */
const otherNames = '(other)'

interface LoggedRequest {
  method: string
  path: string
  /** Names of the query's parameters. Absent without a query. */
  parameters?: string[]
}

/** A request as any line of the log may show it. */
export function loggedRequest({ method, url, routeOptions }: FastifyRequest): LoggedRequest {
  // Routes are found by what stands before `?` or `#`, and after a host.
  const [path = '', query = ''] = url.replace(/^[^/?#]*:\/\/[^/?#]*/, '').split(/[?#](.*)/s, 2)
  const declared = (routeOptions?.schema?.querystring ?? {}) as { properties?: object }
  const known = new Set([...Object.keys(declared.properties ?? {}), ...knownNames])
  const names = [...new URLSearchParams(query).keys()].map((name) => (known.has(name) ? name : otherNames))
  return { method, path: withoutMisplaced(path), ...(names.length > 0 && { parameters: [...new Set(names)] }) }
}

/** A path without a query whose `?` was encoded or is a `;`, and without a user before a host: they may be secrets. */
function withoutMisplaced(path: string): string {
  return path.replace(/^\/\/[^/]*@/, '//').replace(/(%3f|%23|;).+$/is, '$1…')
}
