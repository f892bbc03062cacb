import type http from 'node:http'
import axios, { type AxiosInstance, type AxiosResponse } from 'axios'
import type { Clock } from '../clock.ts'
import { CodedError } from '../errors.ts'
import { noProxies, type Proxies } from '../network/proxies.ts'
import { openRoute, proxyErrorOf, type Route, refusalOf } from '../network/route.ts'
import type { TunnelOptions } from '../network/tunnel.ts'
import type { HttpAnswer } from './answers/http-answer.ts'
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
  const client = axios.create({
    baseURL: options.baseUrl,
    // A path that looks like an absolute URL must not carry the token to another host.
    allowAbsoluteUrls: false,
    maxRedirects: 0,
    responseType: 'arraybuffer',
    transformResponse: [],
    validateStatus: () => true,
    timeout: IDLE_TIMEOUT_MS,
    maxContentLength: LARGEST_BODY_BYTES,
    // axios reads the variables of proxies in its own way; the route has read them as curl does.
    proxy: false,
    headers: {
      authorization: `Bearer ${options.accessToken}`,
      accept: 'application/json',
      'user-agent': 'intercom-sync',
    },
  })
  return { send: (request, signal) => send(client, { ...options, route }, request, signal) }
}

/** Sends one request. Axios errors carry the request with its token, so only their code leaves this function. */
async function send(
  client: AxiosInstance,
  { baseUrl, clock, route }: { baseUrl: string; clock: Clock; route: Route },
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
    const response = await client.request<Buffer>({
      method: request.method,
      url: request.path,
      ...(request.query && { params: request.query }),
      ...(request.body && { data: JSON.stringify(request.body) }),
      headers: {
        'intercom-version': request.version,
        // Without this, axios would send a content type for forms with an empty body.
        'content-type': request.body ? 'application/json' : false,
      },
      signal: exchange.signal,
      transport: { request: (...given: Sent) => requestWithLimits(route, exchange.signal, ...given) },
    })
    const refusal = refusalOf(route, response.status)
    if (refusal) throw refusal
    return {
      status: response.status,
      body: response.data,
      header: (name) => headerOf(response, name),
      proxy: route.proxy && `${route.proxy.hostname}:${route.proxy.port}`,
    }
  } catch (error) {
    signal.throwIfAborted()
    throw new CodedError(
      proxyErrorOf(error)?.isRefusal ? 'proxy_refused' : 'intercom_unavailable',
      `Intercom could not be reached at ${new URL(baseUrl).host} for ${request.path}${route.tell(error)}`,
    )
  } finally {
    watch.abort()
    signal.removeEventListener('abort', abort)
  }
}

/** What axios hands to the function that sends. */
type Sent = [options: TunnelOptions, onAnswer: (answer: http.IncomingMessage) => void]

/** The route's request, with a limit on the informational answers before the real one. */
function requestWithLimits(route: Route, givenUp: AbortSignal, ...[options, onAnswer]: Sent): http.ClientRequest {
  const request = route.request({ ...options, givenUp }, onAnswer)
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

function headerOf(response: AxiosResponse, name: string): string | undefined {
  const value: unknown = response.headers[name]
  return typeof value === 'string' ? value : undefined
}
