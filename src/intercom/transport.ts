import type http from 'node:http'
import { Axios, type AxiosAdapter } from 'axios'
import type { Clock } from '../clock.ts'
import { CodedError } from '../errors.ts'
import { noProxies, type Proxies } from '../network/proxies.ts'
import { openRoute, proxyErrorOf, type Route, refusalOf } from '../network/route.ts'
import type { HttpAnswer } from './answers/http-answer.ts'
import { type AdapterAnswer, createHttpAdapter, type StartRequest } from './http-adapter.ts'
import type { IntercomRequest } from './request.ts'
import { createTimeLimit, type TimeLimit } from './time-limit.ts'

export type { AxiosAdapter } from 'axios'

/** Sends requests to one host, with one access token or none. */
interface Transport {
  /**
   * @throws CodedError `intercom_unavailable` when no whole answer came, `proxy_refused` when a proxy does not accept who
   *   asks; the signal's reason when aborted
   */
  send(request: IntercomRequest, signal: AbortSignal): Promise<HttpAnswer>
}

/** A request fails when nothing has come for this time. */
const IDLE_TIMEOUT_MS = 30_000
/** The longest from a request's first byte to its answer's last, even while bytes keep coming. */
const WHOLE_TIMEOUT_MS = 120_000
const LARGEST_BODY_BYTES = 64 * 1024 * 1024
/** Informational answers (100, 102, 103) before the real one. Without a limit they could keep a request alive. */
const MOST_INFORMATIONAL = 10
const MOST_INFORMATIONAL_BYTES = 64 * 1024

interface TransportOptions {
  baseUrl: string
  /** @defaultValue requests carry none */
  accessToken?: string
  clock: Clock
  /** @defaultValue none */
  proxies?: Proxies
  /** How a request gets there and its answer back; the answer's data is an `AdapterAnswer`. @defaultValue by Node */
  adapter?: AxiosAdapter
}

/** @throws CodedError `invalid_request` when the variable of a proxy is wrong */
export function createTransport(options: TransportOptions): Transport {
  const route = openRoute(options.baseUrl, options.proxies ?? noProxies)
  const client = new Axios({
    baseURL: options.baseUrl,
    adapter:
      options.adapter ??
      createHttpAdapter({
        baseUrl: options.baseUrl,
        send: (...given) => requestWithLimits(route, ...given),
        idleMs: IDLE_TIMEOUT_MS,
        largestBytes: LARGEST_BODY_BYTES,
      }),
  })
  const sending = { ...options, route, timeLimit: createTimeLimit(options.clock, WHOLE_TIMEOUT_MS) }
  return { send: (request, signal) => send(client, sending, request, signal) }
}

/** Sends one request. Axios errors carry the request with its token, so only their code leaves this function. */
async function send(
  client: Axios,
  { baseUrl, accessToken, route, timeLimit }: TransportOptions & { route: Route; timeLimit: TimeLimit },
  request: IntercomRequest,
  signal: AbortSignal,
): Promise<HttpAnswer> {
  signal.throwIfAborted()
  const exchange = new AbortController()
  const abort = () => exchange.abort()
  signal.addEventListener('abort', abort, { once: true })
  const inTime = timeLimit.begin(abort)
  try {
    const response = await client.request<AdapterAnswer>({
      method: request.method,
      url: request.path,
      ...(request.query && { params: request.query }),
      ...(request.body && { data: JSON.stringify(request.body) }),
      ...(request.form && { data: new URLSearchParams(request.form).toString() }),
      headers: {
        Accept: 'application/json',
        // Without this, axios would send a content type for forms with an empty body.
        'Content-Type': contentTypeOf(request),
        authorization: accessToken === undefined ? false : `Bearer ${accessToken}`,
        'user-agent': 'intercom-sync',
        'intercom-version': request.version,
      },
      signal: exchange.signal,
    })
    const refusal = refusalOf(route, response.status)
    if (refusal) throw refusal
    return {
      status: response.status,
      body: response.data.body,
      header: (name) => headerOf(response.data, name),
      proxy: route.proxy && `${route.proxy.hostname}:${route.proxy.port}`,
    }
  } catch (error) {
    signal.throwIfAborted()
    throw new CodedError(
      proxyErrorOf(error)?.isRefusal ? 'proxy_refused' : 'intercom_unavailable',
      `Intercom could not be reached at ${new URL(baseUrl).host} for ${request.path}${route.tell(error)}`,
    )
  } finally {
    inTime()
    signal.removeEventListener('abort', abort)
  }
}

function contentTypeOf({ body, form }: IntercomRequest): string | false {
  if (form) return 'application/x-www-form-urlencoded'
  return body ? 'application/json' : false
}

/** The route's request, with a limit on the informational answers before the real one. */
function requestWithLimits(route: Route, ...[options, onAnswer]: Parameters<StartRequest>): http.ClientRequest {
  const request = route.request(options, onAnswer)
  let count = 0
  let bytes = 0
  request.on('information', ({ rawHeaders }: http.InformationEvent) => {
    count++
    bytes += rawHeaders.join('').length
    if (count <= MOST_INFORMATIONAL && bytes <= MOST_INFORMATIONAL_BYTES) return
    request.destroy(Object.assign(new Error('informational answers without end'), { code: 'ERR_TOO_MANY_1XX' }))
  })
  return request
}

function headerOf({ headers }: AdapterAnswer, name: string): string | undefined {
  const value = headers[name]
  return typeof value === 'string' ? value : undefined
}
