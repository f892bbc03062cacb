import http from 'node:http'
import https from 'node:https'
import axios, { type AxiosInstance, type AxiosResponse } from 'axios'
import type { Clock } from '../clock.ts'
import { CodedError } from '../errors.ts'
import type { HttpAnswer } from './answers/http-answer.ts'
import type { IntercomRequest } from './request.ts'

/** Sends requests to one host with one access token. */
export interface Transport {
  /** @throws CodedError `intercom_unavailable` when no whole answer came; the signal's reason when aborted */
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

export function createTransport(options: { baseUrl: string; accessToken: string; clock: Clock }): Transport {
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
    httpAgent: new http.Agent({ keepAlive: true }),
    httpsAgent: new https.Agent({ keepAlive: true }),
    transport: { request: requestWithLimits },
    headers: {
      authorization: `Bearer ${options.accessToken}`,
      accept: 'application/json',
      'user-agent': 'intercom-sync',
    },
  })
  return { send: (request, signal) => send(client, options, request, signal) }
}

/** Sends one request. Axios errors carry the request with its token, so only their code leaves this function. */
async function send(
  client: AxiosInstance,
  { baseUrl, clock }: { baseUrl: string; clock: Clock },
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
    })
    return {
      status: response.status,
      body: response.data,
      header: (name) => headerOf(response, name),
      proxy: proxyOf(response.request, baseUrl),
    }
  } catch (error) {
    signal.throwIfAborted()
    const code = axios.isAxiosError(error) ? error.code : undefined
    throw new CodedError(
      'intercom_unavailable',
      `Intercom could not be reached at ${new URL(baseUrl).host} for ${request.path} (${code ?? 'no answer'})`,
    )
  } finally {
    watch.abort()
    signal.removeEventListener('abort', abort)
  }
}

/** Node's own request, with a limit on the informational answers before the real one. */
function requestWithLimits(
  options: https.RequestOptions,
  onAnswer: (answer: http.IncomingMessage) => void,
): http.ClientRequest {
  const request = (options.protocol === 'https:' ? https : http).request(options, onAnswer)
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

/** The proxy that a request went to, if it did not go to Intercom's host. */
function proxyOf(request: unknown, baseUrl: string): string | undefined {
  if (!(request instanceof http.ClientRequest)) return undefined
  const tunnel = (request as { agent?: { proxy?: unknown } }).agent?.proxy
  if (tunnel instanceof URL) return tunnel.host
  const own = new URL(baseUrl).hostname.replace(/^\[|\]$/g, '')
  return request.host === own ? undefined : request.host
}
