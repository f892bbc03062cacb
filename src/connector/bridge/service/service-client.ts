import type { Readable } from 'node:stream'
import type { Clock } from '../../../clock.ts'
import { CodedError } from '../../../errors.ts'
import { isLoopback } from '../../../network/loopback.ts'
import type { Proxies } from '../../../network/proxies.ts'
import { openRoute, proxyErrorOf, type Route } from '../../../network/route.ts'
import { exchange, foreignEncoding } from './exchange.ts'
import type { ServiceAccess } from './service-access.ts'
import { strangerError, toServiceError } from './service-failures.ts'

export interface ServiceRequest {
  method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
  /** Relative to the service's address, e.g. `/v1/jobs`. */
  path: string
  body?: object
  headers?: Record<string, string>
  /** After this silence the service counts as gone, ms. @defaultValue 45,000 */
  idleMs?: number
  /** @defaultValue the client's signal */
  signal?: AbortSignal
}

/** An answer whose body is still to come. */
interface LiveAnswer {
  headers: Headers
  /** Read only on demand; throws `service_unavailable` when it breaks off. */
  pieces: AsyncIterable<Buffer>
  /** Hangs up. */
  leave(): void
}

/** An answer that was read to its end. */
export interface WholeAnswer {
  headers: Headers
  /** The JSON of its body; undefined for an answer without one. */
  value: unknown
  /** That JSON as it came. */
  text: string
}

/** Each call makes one try and never follows a redirect. All throw CodedError, or the signal's reason. */
export interface ServiceClient {
  /** Returns the JSON of a 2xx answer. */
  ask(request: ServiceRequest): Promise<unknown>
  /** The same, with the headers of the answer. */
  askWhole(request: ServiceRequest): Promise<WholeAnswer>
  /** Returns messages, as soon as the status is known. */
  listen(request: ServiceRequest): Promise<LiveAnswer>
}

const messagesType = 'application/x-ndjson'
/** Three times as long as the service stays silent when heartbeats are requested. */
const defaultIdleMs = 45_000

interface ServiceClientOptions {
  access: ServiceAccess
  proxies: Proxies
  clock: Clock
  /** Aborts every exchange. */
  signal: AbortSignal
}

/** @throws CodedError `invalid_request` when the variable of a proxy is wrong */
export function createServiceClient({ access, proxies, clock, signal }: ServiceClientOptions): ServiceClient {
  const route = openRoute(access.address, proxies)
  const encoding = encodingFor(access.address, route)
  const secrets = { ...access.config, service_api_key: access.apiKey, proxy: route.proxy?.credentials }

  async function send(request: ServiceRequest, accept: string): Promise<LiveAnswer> {
    const line = openLine(access.place, route, request.signal ?? signal, clock, request.idleMs ?? defaultIdleMs)
    const answer = await line.expect(() =>
      exchange(route, {
        method: request.method,
        url: new URL(`${access.address}${request.path}`),
        headers: {
          accept,
          'accept-encoding': encoding,
          ...(request.body && { 'content-type': 'application/json' }),
          ...(access.apiKey !== undefined && { authorization: `Bearer ${access.apiKey}` }),
          ...request.headers,
        },
        ...(request.body && { body: JSON.stringify(request.body) }),
        signal: line.signal,
      }),
    )
    const { status, headers } = answer
    const pieces = line.read(answer.body)
    if (status < 200 || status >= 300)
      throw toServiceError(status, parse(await readText(pieces)), secrets, access.place)
    if (status === 204) return { headers, pieces, leave: line.leave }
    const foreign = foreignEncoding(headers)
    const isMeant = headers.get('content-type')?.split(';')[0] === accept
    if (isMeant && !foreign) return { headers, pieces, leave: line.leave }
    line.leave()
    throw strangerError(foreign ? `it answers in the encoding ${foreign}` : `it does not answer with ${accept}`)
  }

  async function askWhole(request: ServiceRequest): Promise<WholeAnswer> {
    const { headers, pieces } = await send(request, 'application/json')
    const text = await readText(pieces)
    const value = parse(text)
    if (headers.get('content-type') === null) return { headers, value, text }
    if (value === undefined) throw strangerError('it does not answer with JSON')
    return { headers, value, text }
  }

  return {
    ask: async (request) => (await askWhole(request)).value,
    askWhole,
    listen: (request) => send(request, messagesType),
  }
}

/** On one machine compression saves nothing, and costs both sides CPU. */
function encodingFor(address: string, { proxy }: Route): 'gzip' | 'identity' {
  const host = new URL(address).hostname.replace(/^\[|\]$/g, '')
  return !proxy && isLoopback(host) ? 'identity' : 'gzip'
}

/**
 * One exchange. Only the time spent waiting for the service is measured, so a slow reader does not make the service
 * look silent.
 */
function openLine(place: string, route: Route, signal: AbortSignal, clock: Clock, idleMs: number) {
  const hangUp = new AbortController()
  const ended = AbortSignal.any([signal, hangUp.signal])
  let isSilent = false

  async function expect<Result>(next: () => Promise<Result>): Promise<Result> {
    const answered = new AbortController()
    clock.sleep(idleMs, answered.signal).then(
      () => {
        isSilent = true
        hangUp.abort()
      },
      () => undefined,
    )
    try {
      return await next()
    } catch (error) {
      signal.throwIfAborted()
      const reason = isSilent ? `${throughProxy(route)} (silent for ${idleMs / 1000} s)` : route.tell(error)
      const code = proxyErrorOf(error)?.isRefusal ? 'proxy_refused' : 'service_unavailable'
      throw new CodedError(code, `The service at ${place} cannot be reached${reason}`)
    } finally {
      answered.abort()
    }
  }

  return {
    signal: ended,
    expect,
    leave: () => hangUp.abort(),
    async *read(body: Readable): AsyncGenerator<Buffer, void, undefined> {
      const reader = body[Symbol.asyncIterator]()
      try {
        for (;;) {
          const { done, value } = await expect(() => reader.next())
          if (done) return
          yield value
        }
      } finally {
        hangUp.abort()
      }
    },
  }
}

function throughProxy({ proxy }: Route): string {
  return proxy ? ` through the proxy ${proxy.place}` : ''
}

/** No answer that is read whole is longer than a catalog. */
const longestText = 32 * 1024 * 1024

async function readText(pieces: AsyncIterable<Buffer>): Promise<string> {
  const held: Buffer[] = []
  let bytes = 0
  for await (const piece of pieces) {
    bytes += piece.length
    if (bytes > longestText) throw strangerError('its answer does not end')
    held.push(piece)
  }
  return Buffer.concat(held).toString()
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
