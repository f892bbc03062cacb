import type { FastifyInstance, FastifyRequest } from 'fastify'
import { CodedError } from '../../errors.ts'

declare module 'fastify' {
  interface FastifyRequest {
    /** Makes room for others: nobody needs the body any more, though the answer may go on for hours. */
    dropBody(): void
  }
}

/** Bodies up to this are always taken: whoever sends no large one is not refused for those of others. */
const smallBytes = 64 * 1024

/**
 * Bounds what the bodies of all requests that wait for an answer may hold together. A large body that would go beyond is
 * refused before any of it is read.
 *
 * @param most bytes as they are sent, of large bodies
 */
export function limitHeldBodies(app: FastifyInstance, most: number): void {
  let held = 0
  const releases = new WeakMap<FastifyRequest, () => void>()
  app.addHook('preParsing', async (request, reply) => {
    const bytes = announcedBytes(request)
    if (bytes <= smallBytes) return
    if (held + bytes > most) {
      const detail = `The service holds ${held} bytes of large bodies already; send this one again later`
      throw new CodedError('overloaded', detail)
    }
    held += bytes
    let isHeld = true
    const release = () => {
      if (isHeld) held -= bytes
      isHeld = false
    }
    releases.set(request, release)
    reply.raw.once('close', release)
  })
  app.decorateRequest('dropBody', function dropBody(this: FastifyRequest) {
    const release = releases.get(this)
    if (!release) return
    this.body = undefined
    release()
  })
  app.addHook('onSend', async (request) => request.dropBody())
}

/** A body that does not announce its length counts as the largest that its route takes. */
function announcedBytes({ headers, routeOptions }: FastifyRequest): number {
  const most = routeOptions.bodyLimit ?? Number.POSITIVE_INFINITY
  if (headers['transfer-encoding'] !== undefined) return most
  return Math.min(most, Number(headers['content-length'] ?? 0))
}
