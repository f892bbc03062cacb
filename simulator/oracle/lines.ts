import { createReadStream } from 'node:fs'

/** A file path, or NDJSON in pieces that may be cut anywhere. */
export type NdjsonSource = string | AsyncIterable<Uint8Array | string> | Iterable<Uint8Array | string>

const lineFeed = 0x0a

/** The lines of NDJSON without their "\n"; `ended` is false for a last line that lacks it. */
export async function* readLines(source: NdjsonSource): AsyncGenerator<{ bytes: Buffer; ended: boolean }[]> {
  const pieces = typeof source === 'string' ? createReadStream(source, { highWaterMark: 1 << 20 }) : source
  let rest: Buffer[] = []
  for await (const piece of pieces as AsyncIterable<Uint8Array | string>) {
    const chunk =
      typeof piece === 'string' ? Buffer.from(piece) : Buffer.from(piece.buffer, piece.byteOffset, piece.length)
    const lines: { bytes: Buffer; ended: boolean }[] = []
    let start = 0
    for (let end = chunk.indexOf(lineFeed); end !== -1; end = chunk.indexOf(lineFeed, start)) {
      const bytes = chunk.subarray(start, end)
      lines.push({ bytes: rest.length === 0 ? bytes : Buffer.concat([...rest, bytes]), ended: true })
      rest = []
      start = end + 1
    }
    if (start < chunk.length) rest.push(Buffer.from(chunk.subarray(start)))
    // Yield whole batches: one await per chunk, not per line.
    yield lines
  }
  if (rest.length > 0) yield [{ bytes: Buffer.concat(rest), ended: false }]
}
