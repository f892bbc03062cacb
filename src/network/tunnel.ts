import http from 'node:http'
import https from 'node:https'
import { isIP, isIPv6, type Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import type { HttpProxy } from './proxies.ts'
import { answeredError, unreachableError } from './proxy-error.ts'

/** A proxy that stays silent for so long is taken for gone, ms. */
const silenceMs = 20_000

/** Connections are kept for later requests, and tried each minute of silence, so that no middlebox forgets them. */
export const keptConnections = { keepAlive: true, keepAliveMsecs: 60_000 }

/** Options for a connection that its request can give up while the tunnel is being made. */
export interface TunnelOptions extends https.RequestOptions {
  /** Not `signal`: Node keeps that from the agent. */
  givenUp?: AbortSignal
}

/** Makes TLS connections through a proxy, one tunnel for each, and keeps them for later requests. */
export class TunnelAgent extends https.Agent {
  readonly #proxy: HttpProxy

  constructor(proxy: HttpProxy) {
    super(keptConnections)
    this.#proxy = proxy
  }

  override createConnection(
    options: TunnelOptions,
    callback: (error: Error | null, connection: Duplex) => void,
  ): undefined {
    const host = String(options.host ?? options.hostname)
    const authority = authorityOf(host, options.port ?? 443)
    const fail = callback as (error: Error) => void
    openTunnel(this.#proxy, authority, options.givenUp).then((socket) => {
      const connection = super.createConnection({ ...options, socket } as TunnelOptions)
      if (connection) callback(null, connection)
    }, fail)
  }
}

/** Host and port in the form that a proxy is asked for. */
export function authorityOf(host: string, port: number | string): string {
  return `${isIPv6(host) ? `[${host}]` : host}:${port}`
}

/**
 * Asks a proxy for a connection to an authority.
 *
 * @throws ProxyError; the signal's reason
 */
export function openTunnel(proxy: HttpProxy, authority: string, signal?: AbortSignal): Promise<Socket> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) throw signal.reason
    const request = (proxy.protocol === 'https:' ? https : http).request({
      ...proxyPlaceOf(proxy),
      method: 'CONNECT',
      path: authority,
      agent: false,
      timeout: silenceMs,
      headers: { host: authority, 'user-agent': 'intercom-sync', ...authorizationOf(proxy) },
    })
    const abort = () => request.destroy(signal?.reason)
    signal?.addEventListener('abort', abort, { once: true })
    request.once('close', () => signal?.removeEventListener('abort', abort))
    request.once('connect', ({ statusCode = 0 }, socket: Socket, head) => {
      signal?.removeEventListener('abort', abort)
      if (statusCode < 200 || statusCode >= 300) {
        socket.destroy()
        reject(answeredError(proxy, statusCode, authority))
        return
      }
      socket.setTimeout(0)
      if (head.length > 0) socket.unshift(head)
      resolve(socket)
    })
    request.once('timeout', () => request.destroy(Object.assign(new Error('silent'), { code: 'ETIMEDOUT' })))
    request.on('error', (error: NodeJS.ErrnoException) =>
      reject(signal?.aborted ? signal.reason : unreachableError(proxy, error.code ?? error.message)),
    )
    request.end()
  })
}

/** Where a proxy is, as options of a request. The name for TLS is its own, whatever the header `Host` says. */
export function proxyPlaceOf({ protocol, hostname, port }: HttpProxy): https.RequestOptions {
  return {
    protocol,
    host: hostname,
    hostname,
    port,
    ...(protocol === 'https:' && { servername: isIP(hostname) === 0 ? hostname : '' }),
  }
}

export function authorizationOf({ credentials }: HttpProxy): Record<string, string> {
  return credentials ? { 'proxy-authorization': credentials.authorization } : {}
}
