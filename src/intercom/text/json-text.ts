/**
 * A strict reader of JSON text (RFC 8259) that finds where values begin and end without building them.
 * It accepts exactly what `JSON.parse` accepts, at any depth (no recursion). It notes what a caller may have to repair.
 */

/** What a piece of text contains. */
export interface Marks {
  /** A run of 16 or more digits: a number that JavaScript may not hold exactly. */
  longDigits: boolean
  /** A `\ud8xx`–`\udfxx` escape, which may be half of a pair only. */
  surrogateEscape: boolean
  /** A line break between tokens: the unchanged text cannot be one NDJSON line. */
  lineBreak: boolean
}

/** Half-open byte range. */
export interface Span {
  start: number
  end: number
}

const QUOTE = 0x22
const COMMA = 0x2c
export const OPEN_ARRAY = 0x5b
const CLOSE_ARRAY = 0x5d
export const OPEN_OBJECT = 0x7b
const CLOSE_OBJECT = 0x7d
const COLON = 0x3a
const BACKSLASH = 0x5c
const MINUS = 0x2d
const PLUS = 0x2b
const POINT = 0x2e
const ZERO = 0x30
const NINE = 0x39
const LOWER_U = 0x75

const LITERALS: Record<number, string> = { 116: 'true', 102: 'false', 110: 'null' }
const SIMPLE_ESCAPES = new Set([...'"\\/bfnrt'].map((character) => character.charCodeAt(0)))

/** The text is not JSON; `position` is the first byte that does not fit. */
export class JsonTextError extends Error {
  readonly position: number
  constructor(position: number) {
    super(`not JSON at byte ${position}`)
    this.name = 'JsonTextError'
    this.position = position
  }
}

export function newMarks(): Marks {
  return { longDigits: false, surrogateEscape: false, lineBreak: false }
}

/** The first position at or after `position` that is not white space. */
export function skipSpace(bytes: Uint8Array, position: number, marks: Marks): number {
  let at = position
  for (;;) {
    const byte = bytes[at]
    if (byte === 0x20 || byte === 0x09) at++
    else if (byte === 0x0a || byte === 0x0d) {
      marks.lineBreak = true
      at++
    } else return at
  }
}

/** The position after the string that starts at `position` with its opening quote. */
function skipString(bytes: Uint8Array, position: number, marks: Marks): number {
  if (bytes[position] !== QUOTE) throw new JsonTextError(position)
  let at = position + 1
  for (;;) {
    const byte = bytes[at]
    if (byte === QUOTE) return at + 1
    if (byte === undefined || byte < 0x20) throw new JsonTextError(at)
    at = byte === BACKSLASH ? skipEscape(bytes, at, marks) : at + 1
  }
}

function skipEscape(bytes: Uint8Array, position: number, marks: Marks): number {
  const kind = bytes[position + 1]
  if (kind === undefined) throw new JsonTextError(position)
  if (SIMPLE_ESCAPES.has(kind)) return position + 2
  if (kind !== LOWER_U) throw new JsonTextError(position)
  for (let at = position + 2; at < position + 6; at++) if (!isHexDigit(bytes[at])) throw new JsonTextError(at)
  const first = (bytes[position + 2] ?? 0) | 0x20
  const second = (bytes[position + 3] ?? 0) | 0x20
  // \uD800–\uDFFF: a "d" followed by 8, 9 or a letter.
  if (first === 0x64 && (second === 0x38 || second === 0x39 || second >= 0x61)) marks.surrogateEscape = true
  return position + 6
}

function isHexDigit(byte: number | undefined): boolean {
  if (byte === undefined) return false
  return (byte >= ZERO && byte <= NINE) || ((byte | 0x20) >= 0x61 && (byte | 0x20) <= 0x66)
}

/** Skips digits; at least one must be there. */
function skipDigits(bytes: Uint8Array, position: number, marks: Marks): number {
  let at = position
  for (;;) {
    const byte = bytes[at]
    if (byte === undefined || byte < ZERO || byte > NINE) break
    at++
  }
  if (at === position) throw new JsonTextError(position)
  if (at - position >= 16) marks.longDigits = true
  return at
}

function skipNumber(bytes: Uint8Array, position: number, marks: Marks): number {
  let at = bytes[position] === MINUS ? position + 1 : position
  at = bytes[at] === ZERO ? at + 1 : skipDigits(bytes, at, marks)
  if (bytes[at] === POINT) at = skipDigits(bytes, at + 1, marks)
  if (((bytes[at] ?? 0) | 0x20) === 0x65) {
    const sign = bytes[at + 1]
    at = skipDigits(bytes, sign === PLUS || sign === MINUS ? at + 2 : at + 1, marks)
  }
  return at
}

function skipScalar(bytes: Uint8Array, position: number, marks: Marks): number {
  const byte = bytes[position]
  if (byte === QUOTE) return skipString(bytes, position, marks)
  const literal = byte === undefined ? undefined : LITERALS[byte]
  if (literal === undefined) return skipNumber(bytes, position, marks)
  for (let index = 1; index < literal.length; index++)
    if (bytes[position + index] !== literal.charCodeAt(index)) throw new JsonTextError(position + index)
  return position + literal.length
}

/** From a member's opening quote to the first byte of its value. */
function skipKey(bytes: Uint8Array, position: number, marks: Marks): number {
  const at = skipSpace(bytes, skipString(bytes, position, marks), marks)
  if (bytes[at] !== COLON) throw new JsonTextError(at)
  return at + 1
}

/** The position after the value that starts at `position` (white space before it is skipped). */
export function skipValue(bytes: Uint8Array, position: number, marks: Marks): number {
  const closers: number[] = []
  let at = position
  for (;;) {
    at = skipSpace(bytes, at, marks)
    const byte = bytes[at]
    if (byte === OPEN_OBJECT || byte === OPEN_ARRAY) {
      const closer = byte === OPEN_OBJECT ? CLOSE_OBJECT : CLOSE_ARRAY
      at = skipSpace(bytes, at + 1, marks)
      if (bytes[at] !== closer) {
        closers.push(closer)
        if (closer === CLOSE_OBJECT) at = skipKey(bytes, at, marks)
        continue
      }
      at++
    } else at = skipScalar(bytes, at, marks)
    for (;;) {
      const closer = closers[closers.length - 1]
      if (closer === undefined) return at
      at = skipSpace(bytes, at, marks)
      if (bytes[at] === COMMA) {
        at++
        if (closer === CLOSE_OBJECT) at = skipKey(bytes, skipSpace(bytes, at, marks), marks)
        break
      }
      if (bytes[at] !== closer) throw new JsonTextError(at)
      closers.pop()
      at++
    }
  }
}

/** Calls `visit` for each member of the object at `position`; `visit` returns the position after the value. */
export function walkMembers(
  bytes: Uint8Array,
  position: number,
  marks: Marks,
  visit: (key: Span, valueStart: number) => number,
): number {
  if (bytes[position] !== OPEN_OBJECT) throw new JsonTextError(position)
  let at = skipSpace(bytes, position + 1, marks)
  if (bytes[at] === CLOSE_OBJECT) return at + 1
  for (;;) {
    const keyStart = at
    const afterKey = skipString(bytes, at, marks)
    at = skipSpace(bytes, afterKey, marks)
    if (bytes[at] !== COLON) throw new JsonTextError(at)
    at = visit({ start: keyStart, end: afterKey }, skipSpace(bytes, at + 1, marks))
    at = skipSpace(bytes, at, marks)
    if (bytes[at] === CLOSE_OBJECT) return at + 1
    if (bytes[at] !== COMMA) throw new JsonTextError(at)
    at = skipSpace(bytes, at + 1, marks)
  }
}

/** Calls `visit` for each element of the array at `position`; `visit` returns the position after the element. */
export function walkElements(
  bytes: Uint8Array,
  position: number,
  marks: Marks,
  visit: (elementStart: number) => number,
): number {
  if (bytes[position] !== OPEN_ARRAY) throw new JsonTextError(position)
  let at = skipSpace(bytes, position + 1, marks)
  if (bytes[at] === CLOSE_ARRAY) return at + 1
  for (;;) {
    at = skipSpace(bytes, visit(at), marks)
    if (bytes[at] === CLOSE_ARRAY) return at + 1
    if (bytes[at] !== COMMA) throw new JsonTextError(at)
    at = skipSpace(bytes, at + 1, marks)
  }
}
