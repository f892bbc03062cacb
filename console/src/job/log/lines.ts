const newline = 10

/** Cuts bytes into lines as they come. What follows the last newline waits for the rest of its line. */
export function createLineCutter(): (piece: Uint8Array) => Uint8Array[] {
  let waiting: Uint8Array[] = []
  return (piece) => {
    const lines: Uint8Array[] = []
    let from = 0
    for (let at = piece.indexOf(newline); at !== -1; at = piece.indexOf(newline, from)) {
      const rest = piece.subarray(from, at)
      lines.push(waiting.length > 0 ? join([...waiting, rest]) : rest)
      waiting = []
      from = at + 1
    }
    // A copy: otherwise the few bytes would keep the whole piece.
    if (from < piece.length) waiting.push(piece.slice(from))
    return lines
  }
}

function join(pieces: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(pieces.reduce((sum, { length }) => sum + length, 0))
  let at = 0
  for (const piece of pieces) {
    whole.set(piece, at)
    at += piece.length
  }
  return whole
}

const recordHead = new TextEncoder().encode('{"type":"RECORD","record":{"stream":"')
const quote = 34

/**
 * The stream of a record, read from the first bytes of its line: to parse thousands of lines in a second, only to count
 * them, would be a waste.
 *
 * @returns undefined for every other message, and for a record that is written in another way
 */
export function recordStream(line: Uint8Array, decoder: TextDecoder): string | undefined {
  if (line.length < recordHead.length) return undefined
  for (let at = 0; at < recordHead.length; at++) if (line[at] !== recordHead[at]) return undefined
  const end = line.indexOf(quote, recordHead.length)
  return end === -1 ? undefined : decoder.decode(line.subarray(recordHead.length, end))
}

/** The time stands before the data of a record. */
const headBytes = 200

/** When a record was delivered, ms since the epoch. @returns undefined where its first bytes do not tell */
export function recordTime(line: Uint8Array, decoder: TextDecoder): number | undefined {
  const found = /^.*?"emitted_at":(\d+)/.exec(decoder.decode(line.subarray(0, headBytes)))
  return found ? Number(found[1]) : undefined
}
