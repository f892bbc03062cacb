import type { FastifyReply, FastifyRequest } from 'fastify'
import type { SimulatedIntercom } from '../intercom.ts'
import type { Endpoint } from '../routes/endpoint.ts'
import { endpoints } from '../routes/endpoints.ts'
import { serve } from './serve.ts'

/** A request without a socket. */
export interface DirectRequest {
  method: string
  /** Path and query string. */
  url: string
  /** Names in lower case. */
  headers: Readonly<Record<string, string>>
  /** Parsed. */
  body: unknown
}

export interface DirectAnswer {
  status: number
  /** Names in lower case. */
  headers: Record<string, string>
  body: Buffer
}

/** A path without ids comes before a path with ids that would match the same request. */
const compiled = endpoints
  .map((endpoint) => {
    const names = [...endpoint.path.matchAll(/:(\w+)/g)].map(([, name = '']) => name)
    return { endpoint, names, pattern: new RegExp(`^${endpoint.path.replaceAll(/:\w+/g, '([^/]+)')}$`) }
  })
  .sort((one, other) => one.names.length - other.names.length)

function route(method: string, path: string): { endpoint: Endpoint | undefined; params: Record<string, string> } {
  const found = compiled.find(({ endpoint, pattern }) => endpoint.method === method && pattern.test(path))
  const values = found?.pattern.exec(path)?.slice(1) ?? []
  const params = Object.fromEntries(
    (found?.names ?? []).map((name, place) => [name, decodeURIComponent(values[place] ?? '')]),
  )
  return { endpoint: found?.endpoint, params }
}

/**
 * Gives the answer that a socket would bring, but without one, so that thousands of small syncs take no longer than
 * their work.
 *
 * @returns undefined when the connection is cut
 */
export async function answerDirectly(
  { dependencies }: SimulatedIntercom,
  request: DirectRequest,
): Promise<DirectAnswer | undefined> {
  const { endpoint, params } = route(request.method, request.url.split('?', 1)[0] ?? '')
  const reply = createReply()
  reply.header('Date', new Date(dependencies.options.clock.now()).toUTCString())
  const asked = { ...request, params } as unknown as FastifyRequest
  await serve(endpoint, asked, reply as unknown as FastifyReply, dependencies)
  return reply.answer()
}

/** The part of a reply that the simulator uses. */
function createReply() {
  let status = 200
  let isCut = false
  const headers: Record<string, string> = {}
  const pieces: Buffer[] = []
  const reply = {
    raw: {
      destroyed: false,
      once: () => undefined,
      socket: { resetAndDestroy: () => reply.raw.destroy() },
      setHeader: (name: string, value: unknown) => void reply.header(name, value),
      writeHead: (code: number) => void reply.code(code),
      write(piece: Buffer, written: () => void) {
        pieces.push(piece)
        written()
      },
      end: (piece: Buffer) => void pieces.push(piece),
      destroy() {
        isCut = true
      },
    },
    header(name: string, value: unknown) {
      headers[name.toLowerCase()] = String(value)
      return reply
    },
    headers(values: Readonly<Record<string, unknown>>) {
      for (const [name, value] of Object.entries(values)) reply.header(name, value)
      return reply
    },
    getHeaders: () => headers,
    removeHeader(name: string) {
      delete headers[name]
      return reply
    },
    code(code: number) {
      status = code
      return reply
    },
    send(body: Buffer) {
      pieces.push(body)
      return reply
    },
    hijack: () => undefined,
    answer: (): DirectAnswer | undefined => (isCut ? undefined : { status, headers, body: Buffer.concat(pieces) }),
  }
  return reply
}
