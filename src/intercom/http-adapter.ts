import type http from 'node:http'
import type { RequestOptions } from 'node:https'
import { type AxiosAdapter, AxiosError, AxiosHeaders, CanceledError, type InternalAxiosRequestConfig } from 'axios'
import { readBody } from './http-body.ts'

/** Sends a request as Node's own function does. */
export type StartRequest = (
  options: RequestOptions & { givenUp?: AbortSignal },
  onAnswer: (answer: http.IncomingMessage) => void,
) => http.ClientRequest

/** What axios gives as the data of a response. */
export interface AdapterAnswer {
  body: Buffer
  headers: http.IncomingHttpHeaders
}

/** The encodings that `readBody` knows. */
const ACCEPTED_ENCODINGS = 'gzip, compress, deflate, br'
/** axios would check and copy every header of an answer; ours are read where Node has put them. */
const NO_HEADERS = new AxiosHeaders()

/**
 * An adapter for axios that does nothing but what our requests need: no redirects, forms, streams, rates or cookies.
 * axios's own took more CPU than the reading of a small answer. Requests are the same, byte by byte, and so are the codes
 * of errors.
 *
 * @param options.baseUrl what all paths are below
 * @param options.send the way to the host
 * @param options.idleMs a request fails when nothing has come for this time
 * @param options.largestBytes of a body, after decompression
 */
export function createHttpAdapter(options: {
  baseUrl: string
  send: StartRequest
  idleMs: number
  largestBytes: number
}): AxiosAdapter {
  const { send, idleMs, largestBytes } = options
  const place = placeOf(options.baseUrl)
  return (config) =>
    new Promise((resolve, reject) => {
      const signal = config.signal as AbortSignal
      const request = send({ ...requestOptions(place, config, signal), timeout: idleMs }, (answer) => {
        readBody(answer, largestBytes).then((body) => {
          const data: AdapterAnswer = { body, headers: answer.headers }
          end(() => resolve({ data, status: answer.statusCode ?? 0, statusText: '', headers: NO_HEADERS, config }))
        }, fail)
      })
      let isOver = false
      function end(settle: () => void): void {
        if (isOver) return
        isOver = true
        signal.removeEventListener('abort', cancel)
        settle()
      }
      const fail = (error: Error): void =>
        end(() => {
          reject(error)
          request.destroy()
        })
      const cancel = () => fail(new CanceledError(undefined, config))
      signal.addEventListener('abort', cancel)
      request.on('error', fail)
      request.on('timeout', () =>
        fail(new AxiosError(`timeout of ${idleMs}ms exceeded`, AxiosError.ECONNABORTED, config)),
      )
      if (config.data) request.write(config.data)
      request.end()
    })
}

/** Where requests go: the host, and the path that theirs are below. */
interface Place {
  protocol: string
  hostname: string
  port: string
  baseUrl: string
  basePath: string
}

function placeOf(address: string): Place {
  const baseUrl = address.replace(/\/+$/, '')
  const { protocol, hostname, port, pathname } = new URL(baseUrl)
  return {
    protocol,
    hostname: hostname.replace(/^\[|\]$/g, ''),
    port,
    baseUrl,
    basePath: pathname.replace(/\/+$/, ''),
  }
}

function requestOptions(
  { protocol, hostname, port, ...base }: Place,
  config: InternalAxiosRequestConfig,
  givenUp: AbortSignal,
): Parameters<StartRequest>[0] {
  const { data, params } = config
  const headers = config.headers.toJSON() as Record<string, string>
  if (data) headers['Content-Length'] = String(Buffer.byteLength(data as string))
  headers['Accept-Encoding'] = ACCEPTED_ENCODINGS
  return {
    protocol,
    hostname,
    port,
    path: pathOf(base, config.url ?? '') + queryOf(params as Record<string, string> | undefined),
    method: config.method?.toUpperCase(),
    headers,
    insecureHTTPParser: false,
    givenUp,
  }
}

/** Nothing that a URL would write in another way. Nearly every path is like this, and need not be parsed. */
const PLAIN_PATH = /^[\w/-]*$/

/** The path always stays below our own address: one that looks like a URL must not carry the token to another host. */
function pathOf({ baseUrl, basePath }: Pick<Place, 'baseUrl' | 'basePath'>, path: string): string {
  const below = path.replace(/^\/+/, '')
  return PLAIN_PATH.test(below) ? `${basePath}/${below}` : new URL(`${baseUrl}/${below}`).pathname
}

function queryOf(params: Record<string, string> | undefined): string {
  const pairs = Object.entries(params ?? {}).map(([name, value]) => `${encode(name)}=${encode(value)}`)
  return pairs.length === 0 ? '' : `?${pairs.join('&')}`
}

/** As axios does it. */
function encode(text: string): string {
  return encodeURIComponent(text).replace(/%3A/g, ':').replace(/%24/g, '$').replace(/%2C/g, ',').replace(/%20/g, '+')
}
