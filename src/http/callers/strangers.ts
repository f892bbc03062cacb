import type { FastifyInstance } from 'fastify'
import { CodedError } from '../../errors.ts'

interface OwnNames {
  /** Where the service listens. */
  host?: string | undefined
  publicUrl?: string | undefined
  /** Origins whose pages may call. */
  corsOrigins: readonly string[]
}

const advice =
  'The service needs no API key, so it answers only its own machine. To be called under another name, set PUBLIC_URL to its address, or set API_KEYS'

/**
 * For a service without API keys: refuses what a page of somebody else makes a browser of this machine ask, by a name
 * of its own that leads to 127.0.0.1 (`host_not_allowed`), or across origins (`origin_not_allowed`).
 *
 * A request of HTTP/1.0 may have no `Host`. Browsers always send one, so that such a request is no page's.
 */
export function refuseStrangers(app: FastifyInstance, { host, publicUrl, corsOrigins }: OwnNames): void {
  const ownUrl = publicUrl === undefined ? undefined : new URL(publicUrl)
  const listensOn = host?.includes(':') ? `[${host}]` : host
  const names = new Set(['localhost', '127.0.0.1', '[::1]', listensOn, ownUrl?.host].map(hostnameOf))
  const origins = new Set([...corsOrigins, ownUrl?.origin])
  const isAllowed = (authority: string) => {
    const name = hostnameOf(authority)
    return name !== undefined && names.has(name)
  }

  app.addHook('onRequest', async ({ headers, raw }) => {
    for (const authority of [headers.host, authorityOf(raw.url)]) {
      if (authority !== undefined && !isAllowed(authority)) {
        throw new CodedError('host_not_allowed', advice)
      }
    }
    const { origin } = headers
    if (origin === undefined || origins.has(origin) || isOwnOrigin(origin, headers.host)) return
    throw new CodedError(
      'origin_not_allowed',
      'Pages of another origin may not call the service. To allow them, put their origin into CORS_ORIGINS',
    )
  })
}

/** The host that a request target names, if it is a whole URL. It counts more than `Host` (RFC 9112, 3.2.2). */
function authorityOf(target = ''): string | undefined {
  return /^[a-z][a-z0-9+.-]*:\/\/([^/?#]*)/i.exec(target)?.[1]
}

/** The host of `host:port`, in the one form that browsers write. Undefined if it is none. */
function hostnameOf(authority = ''): string | undefined {
  const url = `http://${authority}`
  if (/[\s/?#@\\]/.test(authority) || !URL.canParse(url)) return undefined
  return new URL(url).hostname.replace(/\.$/, '')
}

/** A proxy in front may speak TLS, so that the scheme may be another one. */
function isOwnOrigin(origin: string, host = ''): boolean {
  if (!/^https?:\/\/[^/?#@\\]+$/i.test(origin) || !URL.canParse(origin)) return false
  const { protocol, host: own } = new URL(origin)
  return URL.canParse(`${protocol}//${host}`) && new URL(`${protocol}//${host}`).host === own
}
