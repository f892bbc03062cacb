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

/** Opens the body with the messages after so many. */
export type OpenLog = (after: number) => Promise<AsyncIterable<Uint8Array>>

/** Bytes that a look at an offset compares. */
const lookBytes = 256 * 1024
const newline = 0x0a

/**
 * Reads a log to its end. When the service cuts the body, it is read on from the last whole line, as every client should.
 *
 * @param isWhole whether so many messages are all
 * @param offsets where to look more closely, in messages
 */
export async function digestOf(
  open: OpenLog,
  isWhole: (messages: number) => Promise<boolean>,
  offsets: readonly number[] = [],
): Promise<ReadDigest> {
  const hash = createHash('sha256')
  const looks = offsets.map((offset) => ({ offset, parts: [] as Buffer[], missing: lookBytes }))
  let messages = 0
  let bytes = 0
  const take = (lines: Buffer) => {
    hash.update(lines)
    bytes += lines.length
    for (let at = 0; at < lines.length; messages++) {
      const end = lines.indexOf(newline, at) + 1
      for (const look of looks) {
        if (look.offset > messages || look.missing <= 0) continue
        const part = Buffer.from(lines.subarray(at, Math.min(end, at + look.missing)))
        look.parts.push(part)
        look.missing -= part.length
      }
      at = end
    }
  }
  do await takeLines(open, messages, take)
  while (!(await isWhole(messages)))
  const bytesAfter = looks.map(({ offset, parts }) => [offset, Buffer.concat(parts)] as const)
  return { messages, bytes, digest: hash.digest('hex'), looks: new Map(bytesAfter) }
}

/** Takes the whole lines of one body, to its end or to where it is cut. */
async function takeLines(open: OpenLog, after: number, take: (lines: Buffer) => void): Promise<void> {
  let part = Buffer.alloc(0)
  try {
    for await (const chunk of await open(after)) {
      const piece = Buffer.concat([part, chunk])
      const end = piece.lastIndexOf(newline) + 1
      if (end > 0) take(piece.subarray(0, end))
      part = piece.subarray(end)
    }
  } catch (error) {
    // What a body that is cut throws: TypeError: terminated.
    if (!(error instanceof TypeError)) throw error
  }
}

/** The first bytes of a log, as many as a look takes. */
export async function lookAt(open: OpenLog, after: number): Promise<Buffer> {
  const parts: Buffer[] = []
  let held = 0
  for await (const chunk of await open(after)) {
    parts.push(Buffer.from(chunk))
    held += chunk.length
    if (held >= lookBytes) break
  }
  return Buffer.concat(parts).subarray(0, lookBytes)
}
