const newline = 0x0a

/** Passes each line of some NDJSON on, without its "\n". Only whole lines may be given. */
export function eachLine(lines: string | Uint8Array, take: (line: Uint8Array) => void): void {
  const bytes = typeof lines === 'string' ? Buffer.from(lines) : lines
  for (let at = 0; at < bytes.length; ) {
    const end = bytes.indexOf(newline, at)
    take(bytes.subarray(at, end))
    at = end + 1
  }
}
