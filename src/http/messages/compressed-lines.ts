import { once } from 'node:events'
import type { Transform } from 'node:stream'
import { type ContentEncoding, createCompressor } from '../requests/content-encoding.ts'

/**
 * The same lines, compressed. What comes out for a piece lets a client read all of its lines. The end of the encoding
 * comes only after the last line, so a cut is tellable from it, too.
 *
 * It takes a piece only when the one before has been fetched, so a reader that stalls keeps one of them in memory.
 */
export async function* compressLines<Result>(
  lines: AsyncGenerator<Buffer, Result, undefined>,
  encoding: ContentEncoding,
): AsyncGenerator<Buffer, Result, undefined> {
  const compressor = createCompressor(encoding)
  // An error comes with the write that met it.
  compressor.on('error', () => undefined)
  const output: Buffer[] = []
  compressor.on('data', (piece: Buffer) => output.push(piece))
  try {
    for (;;) {
      const step = await lines.next()
      if (step.done) {
        compressor.end()
        await once(compressor, 'end')
      } else {
        await writeAndFlush(compressor, step.value)
      }
      yield Buffer.concat(output.splice(0))
      if (step.done) return step.value
    }
  } finally {
    compressor.destroy()
    await lines.return(undefined as never)
  }
}

/** Resolves when all that comes of the piece has been told as `data`. */
async function writeAndFlush(compressor: Transform, piece: Buffer): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    compressor.write(piece, (error) => (error ? reject(error) : resolve()))
  })
  while (compressor.readableLength > 0) await once(compressor, 'data')
}
