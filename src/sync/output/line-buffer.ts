import { type TextSlice, writeText } from '../../intercom/text/record-text.ts'
import { leaveMemory, takeMemory } from './line-memory.ts'

/** What the lines of a commit begin with, bytes: it grows with them. */
const SIZES = { least: 64 * 1024, most: 1024 * 1024 }
/** Records with what we write around them are not larger than their answer by more than this, nearly always. */
const LINES_PER_ANSWER = 1.25

const nothing: Buffer = Buffer.alloc(0)

/** Lines, written one behind the other as they come: pieces to be joined later would be three objects a record. */
interface LineBuffer {
  bytes(): number
  append(line: Buffer): void
  /** Appends a line that is made of pieces. @param textBytes how long the text is */
  appendRecord(before: Buffer, text: TextSlice, textBytes: number, after: Buffer): void
  /** Hands over the lines; the buffer is empty then. Whoever takes them gives `memory` back with `leaveMemory`. */
  take(): { body: Buffer; memory: Buffer }
}

export function createLineBuffer(): LineBuffer {
  let lines = nothing
  let bytes = 0

  /** Makes room for so many bytes. @param usual what has to follow them, as far as known */
  const makeRoom = (more: number, usual: number) => {
    if (bytes + more <= lines.length) return
    const size = Math.max(SIZES.least, bytes + more, Math.min(Math.max(usual, 2 * bytes), SIZES.most), 2 * lines.length)
    const larger = takeMemory(size)
    lines.copy(larger, 0, 0, bytes)
    leaveMemory(lines)
    lines = larger
  }

  return {
    bytes: () => bytes,
    append(line) {
      makeRoom(line.length, 0)
      bytes += line.copy(lines, bytes)
    },
    appendRecord(before, text, textBytes, after) {
      makeRoom(before.length + textBytes + after.length, Math.ceil(LINES_PER_ANSWER * text.body.length))
      bytes += before.copy(lines, bytes)
      bytes = writeText(lines, bytes, text)
      bytes += after.copy(lines, bytes)
    },
    take() {
      const taken = { body: lines.subarray(0, bytes), memory: lines }
      lines = nothing
      bytes = 0
      return taken
    },
  }
}
