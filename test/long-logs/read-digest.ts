import { createHash } from 'node:crypto'

/** What was read of a log, without keeping it. */
export interface ReadDigest {
  messages: number
  bytes: number
  /** SHA-256 of all of it. */
  digest: string
  /** The bytes after each of the offsets that were asked for, as many as a look takes. */
  looks: Map<number, Buffer>
}

/** Bytes that a look at an offset compares. */
export const lookBytes = 256 * 1024
const newline = 0x0a

/** Reads a log to its end. @param offsets where to look more closely, in messages */
export async function digestOf(body: AsyncIterable<Uint8Array>, offsets: readonly number[] = []): Promise<ReadDigest> {
  const hash = createHash('sha256')
  const open: { offset: number; parts: Buffer[]; missing: number }[] = []
  const looks = new Map<number, Buffer>()
  const waiting = offsets.toSorted((one, other) => one - other)
  let messages = 0
  let bytes = 0
  const take = (look: (typeof open)[number], piece: Buffer) => {
    const part = piece.subarray(0, look.missing)
    look.parts.push(part)
    look.missing -= part.length
  }
  for await (const chunk of body) {
    const piece = Buffer.from(chunk)
    hash.update(piece)
    bytes += piece.length
    for (const look of open) take(look, piece)
    for (let at = 0; ; ) {
      while (waiting[0] === messages) {
        const look = { offset: waiting.shift() ?? 0, parts: [], missing: lookBytes }
        take(look, piece.subarray(at))
        open.push(look)
      }
      const end = piece.indexOf(newline, at)
      if (end === -1) break
      messages++
      at = end + 1
    }
  }
  for (const { offset, parts } of open) looks.set(offset, Buffer.concat(parts))
  return { messages, bytes, digest: hash.digest('hex'), looks }
}

/** The first bytes of a log, as many as a look takes. */
export async function lookAt(body: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const parts: Buffer[] = []
  let held = 0
  for await (const chunk of body) {
    parts.push(Buffer.from(chunk))
    held += chunk.length
    if (held >= lookBytes) break
  }
  return Buffer.concat(parts).subarray(0, lookBytes)
}
