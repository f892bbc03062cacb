import type { FastifyRequest } from 'fastify'
import { invalidRequest } from './validation.ts'

/**
 * An `onRequest` hook: a request names its host once (RFC 9112 §3.2), so that a proxy and the service cannot take it
 * for different ones. HTTP/1.0 may leave it out. Node would take the first of two, and refuse none in words of its own.
 *
 * @throws CodedError `invalid_request`
 */
export async function requireOneHost({ raw }: FastifyRequest): Promise<void> {
  const count = raw.rawHeaders.filter((text, at) => at % 2 === 0 && text.toLowerCase() === 'host').length
  if (count === 1 || (count === 0 && raw.httpVersion === '1.0')) return
  const detail = count === 0 ? 'is a header that every request must have' : 'is a header that must be sent only once'
  throw invalidRequest([{ pointer: 'host', detail }])
}
