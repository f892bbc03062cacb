import type http from 'node:http'
import { pipeline, type Readable, type Transform } from 'node:stream'
import { constants, createBrotliDecompress, createInflateRaw, createUnzip } from 'node:zlib'
import { AxiosError } from 'axios'
import { createBodyMemory } from './body-memory.ts'

/** A body that is cut is given as far as it came; whoever reads it finds out. */
const zlibOptions = { flush: constants.Z_SYNC_FLUSH, finishFlush: constants.Z_SYNC_FLUSH }
const brotliOptions = { flush: constants.BROTLI_OPERATION_FLUSH, finishFlush: constants.BROTLI_OPERATION_FLUSH }
/** The first byte of what RFC 9110 calls deflate. Some servers leave its header out. */
const DEFLATE_HEADER = 0x78

/** Of this process: of all jobs, and of what callers have asked. */
const memory = createBodyMemory(64 * 1024 * 1024)

/**
 * Of an answer that gives no records. Intercom's own errors are far smaller, and of a page by somebody else only the
 * beginning is looked at, so the rest is left out.
 */
const largestErrorBytes = 256 * 1024

/**
 * The whole body of an answer, decompressed; of an answer other than 2xx only the beginning.
 *
 * @throws AxiosError with the code ERR_BAD_RESPONSE when it is cut, or larger than `largestBytes`
 */
export async function readBody(answer: http.IncomingMessage, largestBytes: number): Promise<Buffer> {
  const encoding = (answer.headers['content-encoding'] ?? '').toLowerCase()
  const isEmpty = answer.statusCode === 204
  const body = encoding === '' || isEmpty ? answer : await decoded(answer, encoding)
  const { statusCode = 0 } = answer
  if (statusCode >= 200 && statusCode < 300) return gather(body, largestBytes)
  return gather(body, largestErrorBytes, 'cut')
}

async function decoded(answer: http.IncomingMessage, encoding: string): Promise<Readable> {
  switch (encoding) {
    case 'gzip':
    case 'x-gzip':
    case 'compress':
    case 'x-compress':
      return through(answer, createUnzip(zlibOptions))
    case 'deflate':
      return through(
        answer,
        (await firstByte(answer)) === DEFLATE_HEADER ? createUnzip(zlibOptions) : createInflateRaw(zlibOptions),
      )
    case 'br':
      return through(answer, createBrotliDecompress(brotliOptions))
    default:
      return answer
  }
}

function through(answer: http.IncomingMessage, decoder: Transform): Readable {
  // An error of the answer ends the decoder with it, where it is caught.
  return pipeline(answer, decoder, () => undefined)
}

/** The first byte of a body, which stays where it is; undefined when there is none. */
function firstByte(answer: http.IncomingMessage): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    answer.once('error', reject)
    answer.once('readable', () => {
      const chunk = answer.read() as Buffer | null
      if (chunk) answer.unshift(chunk)
      resolve(chunk?.[0])
    })
  })
}

/** @param whenLarger whether a larger body is an error, or given as far as it may come */
function gather(body: Readable, largestBytes: number, whenLarger: 'refuse' | 'cut' = 'refuse'): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const held = memory.open()
    let chunks: Buffer[] = []
    let bytes = 0
    const end = () => resolve(chunks.length === 1 && chunks[0] ? chunks[0] : Buffer.concat(chunks))
    const give = (chunk: Buffer) => {
      chunks.push(chunk)
      bytes += chunk.length
      if (bytes > largestBytes) return leave()
      const room = held.add(chunk.length)
      if (!room) return
      body.pause()
      void room.then(() => body.resume())
    }
    const leave = () => {
      body.off('data', give)
      if (whenLarger === 'cut') end()
      else reject(badResponse(`maxContentLength size of ${largestBytes} exceeded`))
      chunks = []
      body.destroy()
    }
    body.on('data', give)
    body.on('aborted', () => reject(badResponse('stream has been aborted')))
    body.on('error', reject)
    body.on('end', end)
    body.on('close', held.close)
  })
}

function badResponse(message: string): AxiosError {
  return new AxiosError(message, AxiosError.ERR_BAD_RESPONSE)
}
