import { STATUS_CODES } from 'node:http'
import { hintFor } from './failure-hints.ts'
import type { HttpProxy } from './proxies.ts'

/** The status of a proxy that wants to know who asks, or does not accept who does. */
export const proxyAuthenticationStatus = 407

/** A proxy did not open the way. The message names the proxy, without credentials. */
export class ProxyError extends Error {
  override name = 'ProxyError'
  /** Whether it does not accept our user and password. Asking again would not help, and might lock the user out. */
  readonly isRefusal: boolean

  constructor(message: string, { isRefusal = false }: { isRefusal?: boolean } = {}) {
    super(message)
    this.isRefusal = isRefusal
  }
}

/** @param authority host and port of the address that the proxy was to lead to */
export function answeredError(proxy: HttpProxy, status: number, authority: string): ProxyError {
  const isRefusal = status === proxyAuthenticationStatus
  const answer = `the proxy ${proxy.place} answered ${status} ${STATUS_CODES[status] ?? ''}`.trimEnd()
  return new ProxyError(`${answer}${isRefusal ? refusal(proxy) : ` to CONNECT ${authority}`}`, { isRefusal })
}

function refusal({ credentials, variable }: HttpProxy): string {
  return credentials
    ? `: it does not accept the user and the password in ${variable}`
    : `: it wants a user and a password; set them in ${variable} (http://user:password@host:port, in per cent encoding)`
}

/** @param code of the system or of TLS, e.g. `ECONNREFUSED` */
export function unreachableError(proxy: HttpProxy, code: string): ProxyError {
  return new ProxyError(`the proxy ${proxy.place} cannot be reached (${code}${hintFor(code)})`)
}
