const MAGIC_BYTES = 4
const BLOCK_HEADER_BYTES = 3
const CHECKSUM_BYTES = 4
const RUN_LENGTH_BLOCK = 1

/**
 * Whether a frame of zstd is whole, by RFC 8878. Node's own decoder ends in the middle of one as if it were whole, which
 * that of the command `zstd` and of Python do not.
 */
export function isWholeFrame(bytes: Buffer): boolean {
  const descriptor = bytes[MAGIC_BYTES] ?? 0
  let place = MAGIC_BYTES + headerBytes(descriptor)
  while (place + BLOCK_HEADER_BYTES <= bytes.length) {
    const header = bytes.readUIntLE(place, BLOCK_HEADER_BYTES)
    const size = ((header >> 1) & 3) === RUN_LENGTH_BLOCK ? 1 : header >> 3
    place += BLOCK_HEADER_BYTES + size
    const isLast = (header & 1) === 1
    if (isLast) return bytes.length === place + (descriptor & 4 ? CHECKSUM_BYTES : 0)
  }
  return false
}

/** The descriptor, the size of the window, the id of a dictionary and the size of the content. */
function headerBytes(descriptor: number): number {
  const isSingleSegment = (descriptor & 32) !== 0
  const idBytes = [0, 1, 2, 4][descriptor & 3] ?? 0
  const sizeBytes = [isSingleSegment ? 1 : 0, 2, 4, 8][descriptor >> 6] ?? 0
  return 1 + (isSingleSegment ? 0 : 1) + idBytes + sizeBytes
}
