import type { FastifyReply, FastifyRequest } from 'fastify'

/**
 * What the page may do: run its own files, ask this service, and nothing else. It has no inline script or style, and
 * Trusted Types keep a text from ever becoming markup or a script.
 */
export const consolePolicy = [
  "default-src 'none'",
  "script-src 'self'",
  "worker-src 'self'",
  "style-src 'self'",
  "img-src 'self'",
  "connect-src 'self'",
  "base-uri 'self'",
  "form-action 'self'",
  "frame-ancestors 'none'",
  "require-trusted-types-for 'script'",
  'trusted-types console',
].join('; ')

/** Sends the page. It is asked for again each time, since it names the files of the current version. */
export function sendConsolePage(page: string, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  return reply
    .header('Content-Security-Policy', consolePolicy)
    .header('Cache-Control', 'no-cache')
    .type('text/html; charset=utf-8')
    .send(page.replace('<base href="/">', `<base href="${rootOf(request)}">`))
}

/**
 * The way from the page's address to the root of the service. It is relative, so that it is right below any path of a
 * proxy. At the root itself that path may lack its slash, which only a proxy that names the path can tell.
 */
function rootOf({ url, baseUrl }: FastifyRequest): string {
  const [path = '/'] = url.split(/[?#]/, 1)
  const depth = path.split('/').length - 2
  if (depth > 0) return '../'.repeat(depth)
  return baseUrl === '' || path !== '/' ? './' : `${new URL(baseUrl, 'http://any').pathname.replace(/\/$/, '')}/`
}
