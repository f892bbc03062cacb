import type http from 'node:http'
import { Axios } from 'axios'
import type { Clock } from '../clock.ts'
import { CodedError } from '../errors.ts'
import { noProxies, type Proxies } from '../network/proxies.ts'
import { openRoute, proxyErrorOf, type Route, refusalOf } from '../network/route.ts'
import type { HttpAnswer } from './answers/http-answer.ts'
import { type AdapterAnswer, createHttpAdapter, type StartRequest } from './http-adapter.ts'
import type { IntercomRequest } from './request.ts'

/** Sends requests to one host with one access token. */
export interface Transport {
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

/** Why a watch ends. Without a reason of our own, each end would make an error with its stack. */
const TIMELY = new Error('in time')

interface TransportOptions {
  baseUrl: string
  accessToken: string
  clock: Clock
  /** @defaultValue none */
  proxies?: Proxies
}

/** @throws CodedError `invalid_request` when the variable of a proxy is wrong */
export function createTransport(options: TransportOptions): Transport {
  const route = openRoute(options.baseUrl, options.proxies ?? noProxies)
  const client = new Axios({
    baseURL: options.baseUrl,
    adapter: createHttpAdapter({
      send: (...given) => requestWithLimits(route, ...given),
      idleMs: IDLE_TIMEOUT_MS,
      largestBytes: LARGEST_BODY_BYTES,
    }),
  })
  return { send: (request, signal) => send(client, { ...options, route }, request, signal) }
}

/** Sends one request. Axios errors carry the request with its token, so only their code leaves this function. */
async function send(
  client: Axios,
  { baseUrl, accessToken, clock, route }: TransportOptions & { route: Route },
  request: IntercomRequest,
  signal: AbortSignal,
): Promise<HttpAnswer> {
  signal.throwIfAborted()
  const exchange = new AbortController()
  const abort = () => exchange.abort()
  signal.addEventListener('abort', abort, { once: true })
  const watch = new AbortController()
  clock.sleep(WHOLE_TIMEOUT_MS, watch.signal).then(abort, () => {})
  try {
    const response = await client.request<AdapterAnswer>({
      method: request.method,
      url: request.path,
      ...(request.query && { params: request.query }),
      ...(request.body && { data: JSON.stringify(request.body) }),
      headers: {
        Accept: 'application/json',
        // Without this, axios would send a content type for forms with an empty body.
        'Content-Type': request.body ? 'application/json' : false,
        authorization: `Bearer ${accessToken}`,
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
    watch.abort(TIMELY)
    signal.removeEventListener('abort', abort)
  }
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
