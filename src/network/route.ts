import http from 'node:http'
import https from 'node:https'
import { hintFor } from './failure-hints.ts'
import type { HttpProxy, Proxies } from './proxies.ts'
import { answeredError, ProxyError, proxyAuthenticationStatus, unreachableError } from './proxy-error.ts'
import { authorizationOf, keptConnections, proxyPlaceOf, TunnelAgent, type TunnelOptions } from './tunnel.ts'

/** How requests get to one address: directly, or through a proxy. Connections are kept for later requests. */
export interface Route {
  proxy: HttpProxy | undefined
  /** Whether the proxy reads and answers requests itself, as it does for plain http. */
  isOpen: boolean
  /**
   * Sends a request to the address as Node's own function does.
   *
   * @param options.givenUp aborts when the request is given up, even before it has a connection
   */
  request(options: TunnelOptions, onAnswer: (answer: http.IncomingMessage) => void): http.ClientRequest
  /** Why a request got no answer, as the end of a sentence: ` (ECONNREFUSED)`, or what the proxy did. */
  tell(error: unknown): string
}

/** @throws CodedError `invalid_request` when the variable of the proxy is wrong */
export function openRoute(address: string, proxies: Proxies): Route {
  const url = new URL(address)
  const proxy = proxies.proxyFor(url)
  if (!proxy) return directRoute(url)
  return url.protocol === 'https:' ? tunnelRoute(proxy) : openProxyRoute(url, proxy)
}

function directRoute({ protocol }: URL): Route {
  const sender = protocol === 'https:' ? https : http
  const agent = new sender.Agent(keptConnections)
  return {
    proxy: undefined,
    isOpen: false,
    request: (options, onAnswer) => sender.request({ ...options, agent }, onAnswer),
    tell: (error) => {
      const code = codeOf(error)
      return ` (${code}${hintFor(code)})`
    },
  }
}

/** For https: the proxy sees no more than the name of the host. */
function tunnelRoute(proxy: HttpProxy): Route {
  const agent = new TunnelAgent(proxy)
  return {
    proxy,
    isOpen: false,
    request: (options, onAnswer) => https.request({ ...options, agent }, onAnswer),
    tell: (error) => tellThrough(proxy, error, proxyErrorOf(error)),
  }
}

/** For plain http: the proxy gets the request with the whole address in it. */
function openProxyRoute({ host, origin }: URL, proxy: HttpProxy): Route {
  const sender = proxy.protocol === 'https:' ? https : http
  const agent = new sender.Agent(keptConnections)
  return {
    proxy,
    isOpen: true,
    request: ({ headers, path, ...options }, onAnswer) =>
      sender.request(
        {
          ...options,
          ...proxyPlaceOf(proxy),
          agent,
          path: `${origin}${path}`,
          headers: { ...(headers as http.OutgoingHttpHeaders), host, ...authorizationOf(proxy) },
        },
        onAnswer,
      ),
    tell(error) {
      const code = codeOf(error)
      const isUnreached = unreachedCodes.includes(code) || hintFor(code) !== ''
      return tellThrough(proxy, error, proxyErrorOf(error) ?? (isUnreached ? unreachableError(proxy, code) : undefined))
    },
  }
}

/** A connection was not made: with an open proxy, that was the one to the proxy. */
const unreachedCodes = ['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'EHOSTUNREACH', 'ENETUNREACH', 'ETIMEDOUT']

function tellThrough(proxy: HttpProxy, error: unknown, ofProxy: ProxyError | undefined): string {
  if (ofProxy) return `: ${ofProxy.message}`
  const code = codeOf(error)
  return ` through the proxy ${proxy.place} (${code}${hintFor(code)})`
}

/** The error of a proxy that reads requests itself, and does not accept who sends them. */
export function refusalOf({ proxy, isOpen }: Route, status: number): ProxyError | undefined {
  return proxy && isOpen && status === proxyAuthenticationStatus ? answeredError(proxy, status, '') : undefined
}

/** The error of a proxy behind an error of a library. */
export function proxyErrorOf(error: unknown): ProxyError | undefined {
  if (error instanceof ProxyError) return error
  return error instanceof Error && error.cause instanceof ProxyError ? error.cause : undefined
}

/** A system code such as ECONNREFUSED where there is one, because the messages of libraries may contain anything. */
function codeOf(error: unknown): string {
  if (!(error instanceof Error)) return 'no answer'
  return 'code' in error && typeof error.code === 'string' ? error.code : 'no answer'
}
