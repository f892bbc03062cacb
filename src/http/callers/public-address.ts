import type { FastifyInstance, FastifyRequest } from 'fastify'
import type { TrustedProxies } from '../../network/trusted-proxies.ts'

declare module 'fastify' {
  interface FastifyRequest {
    /**
     * What stands before a path so that the caller can ask it: `https://example.com/sync`; only `/sync`, or nothing,
     * where the host is not known.
     */
    baseUrl: string
    /** Whether the caller came by TLS, as far as a trusted proxy says so. */
    cameByTls: boolean
  }
}

interface PublicAddress {
  /** Rules over what proxies say. Without a slash at its end. */
  publicUrl?: string | undefined
  isTrusted: TrustedProxies
}

/** A name or an address, with or without a port. What else a header may hold goes into no answer. */
const authority = /^(?:[a-z0-9_](?:[a-z0-9_.-]{0,251}[a-z0-9_.])?|\[[0-9a-f:.]{2,45}\])(?::\d{1,5})?$/i
/** Segments of a path. `//` would begin a host, and `.` and `..`, also in per cent encoding, lead elsewhere. */
const prefix = /^(?:\/(?!(?:\.|%2e){1,2}(?:\/|$))[\w.~%@:+-]+)*\/?$/i

/** Tells each request under which address its caller knows the service. */
export function addPublicAddress(app: FastifyInstance, { publicUrl, isTrusted }: PublicAddress): void {
  app.decorateRequest('cameByTls', {
    getter() {
      return forwarded(this, 'x-forwarded-proto', isTrusted)?.toLowerCase() === 'https'
    },
  })
  app.decorateRequest('baseUrl', {
    getter() {
      return publicUrl ?? forwardedBase(this, isTrusted)
    },
  })
}

function forwardedBase(request: FastifyRequest, isTrusted: TrustedProxies): string {
  const given = forwarded(request, 'x-forwarded-prefix', isTrusted) ?? ''
  const path = prefix.test(given) ? given.replace(/\/$/, '') : ''
  const scheme = forwarded(request, 'x-forwarded-proto', isTrusted)?.toLowerCase()
  const host = forwarded(request, 'x-forwarded-host', isTrusted) ?? request.headers.host ?? ''
  // A path alone is right under any scheme and host.
  const isKnown = (scheme === 'https' || scheme === 'http') && authority.test(host)
  return isKnown && URL.canParse(`${scheme}://${host}`) ? `${scheme}://${host}${path}` : path
}

/** What the nearest proxy has written. If a header was there before, proxies write behind it. */
function forwarded({ headers, socket }: FastifyRequest, name: string, isTrusted: TrustedProxies): string | undefined {
  const value = headers[name]
  if (value === undefined || !isTrusted(socket.remoteAddress)) return undefined
  return String(value).split(',').at(-1)?.trim() || undefined
}
