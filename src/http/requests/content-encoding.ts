import type { IncomingMessage } from 'node:http'
import type { Transform } from 'node:stream'
import zlib from 'node:zlib'
import type { FastifyReply } from 'fastify'
import Negotiator from 'negotiator'
import { speaksOldHttp } from './http-version.ts'

export type ContentEncoding = 'zstd' | 'br' | 'gzip'

/** Bodies that are known to be smaller gain nothing, bytes. */
export const smallestCompressed = 1024

/** Node has zstd from 22.15 on. The types are those of the oldest Node that the service runs on. */
interface ZstdOptions {
  flush: number
  params: Record<number, number>
}
const { createZstdCompress } = zlib as { createZstdCompress?: (options: ZstdOptions) => Transform }
const constants: Readonly<Record<string, number | undefined>> = { ...zlib.constants }

const { BROTLI_OPERATION_FLUSH, BROTLI_PARAM_LGWIN, BROTLI_PARAM_QUALITY, Z_SYNC_FLUSH } = zlib.constants

/** Brotli looks back as many bytes, as a power of two. By default it keeps the last 4 MiB of every stream. */
const brotliWindow = 18

/**
 * The best first. All flush what each write has given, so that a client of a live stream sees it. The levels are the
 * fast ones: of 7.5 MB of messages Brotli's makes 0.66 MB in 18 ms, gzip's 0.78 MB in 40 ms, and the next levels take
 * three times as long for a sixth less.
 */
const compressors: Partial<Record<ContentEncoding, () => Transform>> = {
  ...(createZstdCompress && {
    zstd: () =>
      createZstdCompress({
        flush: constants.ZSTD_e_flush ?? 1,
        params: { [constants.ZSTD_c_compressionLevel ?? 100]: 1 },
      }),
  }),
  br: () =>
    zlib.createBrotliCompress({
      flush: BROTLI_OPERATION_FLUSH,
      params: { [BROTLI_PARAM_QUALITY]: 1, [BROTLI_PARAM_LGWIN]: brotliWindow },
    }),
  gzip: () => zlib.createGzip({ flush: Z_SYNC_FLUSH, level: 1 }),
}
const offers = Object.keys(compressors)

/** Its types do not know yet that it takes the server's own preference. */
interface PreferringNegotiator {
  encodings(available: readonly string[], options: { preferred: readonly string[] }): string[]
}

/**
 * The encoding for a body, as `Accept-Encoding` says (RFC 9110 §12.5.3); the best of those that the client likes equally.
 * Undefined for the body as it is: also where HTTP is too old for chunks, since it then has to tell its length first.
 */
export function chooseEncoding(request: IncomingMessage): ContentEncoding | undefined {
  if (speaksOldHttp(request)) return undefined
  const negotiator: PreferringNegotiator = new Negotiator(request)
  const [best] = negotiator.encodings([...offers, 'identity'], { preferred: offers })
  return isEncoding(best) ? best : undefined
}

/** What is written to it comes out at once; what is not ended has no end in the encoding either. */
export function createCompressor(encoding: ContentEncoding): Transform {
  const create = compressors[encoding]
  if (!create) throw new Error(`this Node has no ${encoding}`)
  return create()
}

/** Tells caches that the answer depends on this header of the request, beside others it may depend on. */
export function addVary(reply: FastifyReply, header: 'Accept' | 'Accept-Encoding'): void {
  const before = String(reply.getHeader('Vary') ?? '')
  const names = before.split(',').map((name) => name.trim().toLowerCase())
  if (names.includes('*') || names.includes(header.toLowerCase())) return
  reply.header('Vary', before ? `${before}, ${header}` : header)
}

function isEncoding(name: string | undefined): name is ContentEncoding {
  return name !== undefined && offers.includes(name)
}
