import { pipeline, Readable } from 'node:stream'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import {
  addVary,
  type ContentEncoding,
  chooseEncoding,
  createCompressor,
  smallestCompressed,
} from './content-encoding.ts'

/** What is text, in the types that are answered here. Images and fonts are compressed already. */
const textType = /^(text\/|application\/(json|javascript|[\w.-]+\+json)|image\/svg\+xml)/

/**
 * Compresses answers as the client wants. `@fastify/compress` does not know which bodies must stay as they are: to HEAD,
 * to HTTP/1.0, pieces of a file. Message streams, which Fastify does not send, are compressed by their writer.
 */
export function addCompression(app: FastifyInstance): void {
  app.addHook('onSend', async (request, reply, payload) => {
    // An answer without a body says what the one with it would depend on.
    if (reply.statusCode === 304) addVary(reply, 'Accept-Encoding')
    if (!textType.test(String(reply.getHeader('content-type') ?? ''))) return payload
    addVary(reply, 'Accept-Encoding')
    const encoding = mayCompress(reply, payload) ? chooseEncoding(request.raw) : undefined
    if (!encoding) return payload
    return request.method === 'HEAD' ? withoutLength(reply) : compress(request, reply, payload, encoding)
  })
}

function mayCompress(reply: FastifyReply, payload: unknown): boolean {
  const isPiece = reply.hasHeader('content-range') || reply.hasHeader('content-encoding')
  return !isPiece && lengthOf(reply, payload) >= smallestCompressed
}

/** Of the body as it is, bytes. A stream of unknown length is taken as long. */
function lengthOf(reply: FastifyReply, payload: unknown): number {
  if (typeof payload === 'string' || Buffer.isBuffer(payload)) return Buffer.byteLength(payload)
  const length = reply.getHeader('content-length')
  if (length !== undefined) return Number(length)
  return payload instanceof Readable ? Number.POSITIVE_INFINITY : 0
}

/** HEAD tells no other length than GET would, so it tells none rather than compress what nobody gets. */
function withoutLength(reply: FastifyReply): Readable {
  reply.removeHeader('content-length')
  return Readable.from([])
}

async function compress(
  request: FastifyRequest,
  reply: FastifyReply,
  payload: unknown,
  encoding: ContentEncoding,
): Promise<unknown> {
  reply.header('Content-Encoding', encoding).removeHeader('content-length')
  // Offsets into the file are none into this body, and its bytes are not those that a strong tag stands for.
  reply.removeHeader('accept-ranges')
  const tag = reply.getHeader('etag')
  if (typeof tag === 'string' && !tag.startsWith('W/')) reply.header('ETag', `W/${tag}`)
  const compressor = createCompressor(encoding)
  if (payload instanceof Readable) {
    return pipeline(payload, compressor, (error) => {
      if (error) request.log.debug({ reason: error.message }, 'compressed answer not sent')
    })
  }
  compressor.end(payload)
  return Buffer.concat(await compressor.toArray())
}
