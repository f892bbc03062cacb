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
  /** How many characters are written as escapes. */
  escapes: number
  /** How many values are `true`. */
  trues: number
}

/** Half-open byte range. */
export interface Span {
  start: number
  end: number
}

/** Takes the place of a byte behind the end of the text. */
const END = -1
const TAB = 0x09
const LINE_FEED = 0x0a
const CARRIAGE_RETURN = 0x0d
const SPACE = 0x20
export const QUOTE = 0x22
export const COMMA = 0x2c
export const OPEN_ARRAY = 0x5b
export const CLOSE_ARRAY = 0x5d
export const OPEN_OBJECT = 0x7b
export const CLOSE_OBJECT = 0x7d
const COLON = 0x3a
const BACKSLASH = 0x5c
export const MINUS = 0x2d
const PLUS = 0x2b
const POINT = 0x2e
export const ZERO = 0x30
const NINE = 0x39
const LOWER_F = 0x66
const LOWER_N = 0x6e
const LOWER_T = 0x74
const LOWER_U = 0x75

const NULL = Buffer.from('null')
const TRUE = Buffer.from('true')
const FALSE = Buffer.from('false')
const SIMPLE_ESCAPES = new Set([...'"\\/bfnrt'].map((character) => character.charCodeAt(0)))

/** By byte: 1 for what stands for itself inside a string. */
const IS_PLAIN = new Uint8Array(256).fill(1).fill(0, 0, SPACE)
IS_PLAIN[QUOTE] = 0
IS_PLAIN[BACKSLASH] = 0

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
  return { longDigits: false, surrogateEscape: false, lineBreak: false, escapes: 0, trues: 0 }
}

/** The byte at a position, or `END`: a position behind the end must never be read, because that slows every read down. */
function byteAt(bytes: Uint8Array, position: number): number {
  return position < bytes.length ? (bytes[position] as number) : END
}

/** The first position at or after `position` that is not white space. */
export function skipSpace(bytes: Uint8Array, position: number, marks: Marks): number {
  let at = position
  for (;;) {
    const byte = byteAt(bytes, at)
    if (byte > SPACE || !isSpace(byte)) return at
    if (byte === LINE_FEED || byte === CARRIAGE_RETURN) marks.lineBreak = true
    at++
  }
}

function isSpace(byte: number): boolean {
  return byte === SPACE || byte === TAB || byte === LINE_FEED || byte === CARRIAGE_RETURN
}

/** The position after the string that starts at `position` with its opening quote. */
export function skipString(bytes: Uint8Array, position: number, marks: Marks): number {
  const { length } = bytes
  if (byteAt(bytes, position) !== QUOTE) throw new JsonTextError(position)
  let at = position + 1
  for (;;) {
    while (at < length && IS_PLAIN[bytes[at] as number] === 1) at++
    const byte = byteAt(bytes, at)
    if (byte === QUOTE) return at + 1
    if (byte !== BACKSLASH) throw new JsonTextError(at)
    at = skipEscape(bytes, at, marks)
  }
}

function skipEscape(bytes: Uint8Array, position: number, marks: Marks): number {
  marks.escapes++
  const kind = byteAt(bytes, position + 1)
  if (SIMPLE_ESCAPES.has(kind)) return position + 2
  if (kind !== LOWER_U) throw new JsonTextError(position)
  for (let at = position + 2; at < position + 6; at++) if (!isHexDigit(byteAt(bytes, at))) throw new JsonTextError(at)
  const first = byteAt(bytes, position + 2) | 0x20
  const second = byteAt(bytes, position + 3) | 0x20
  // \uD800–\uDFFF: a "d" followed by 8, 9 or a letter.
  if (first === 0x64 && (second === 0x38 || second === 0x39 || second >= 0x61)) marks.surrogateEscape = true
  return position + 6
}

function isHexDigit(byte: number): boolean {
  return isDigit(byte) || ((byte | 0x20) >= 0x61 && (byte | 0x20) <= 0x66)
}

export function isDigit(byte: number): boolean {
  return byte >= ZERO && byte <= NINE
}

/** Skips digits; at least one must be there. */
function skipDigits(bytes: Uint8Array, position: number, marks: Marks): number {
  let at = position
  while (isDigit(byteAt(bytes, at))) at++
  if (at === position) throw new JsonTextError(position)
  if (at - position >= 16) marks.longDigits = true
  return at
}

function skipNumber(bytes: Uint8Array, position: number, marks: Marks): number {
  let at = byteAt(bytes, position) === MINUS ? position + 1 : position
  at = byteAt(bytes, at) === ZERO ? at + 1 : skipDigits(bytes, at, marks)
  if (byteAt(bytes, at) === POINT) at = skipDigits(bytes, at + 1, marks)
  if ((byteAt(bytes, at) | 0x20) === 0x65) {
    const sign = byteAt(bytes, at + 1)
    at = skipDigits(bytes, sign === PLUS || sign === MINUS ? at + 2 : at + 1, marks)
  }
  return at
}

/** Skips a number or a literal. */
function skipScalar(bytes: Uint8Array, position: number, marks: Marks): number {
  const byte = byteAt(bytes, position)
  if (byte === LOWER_N) return skipWord(bytes, position, NULL)
  if (byte === LOWER_T) {
    marks.trues++
    return skipWord(bytes, position, TRUE)
  }
  if (byte === LOWER_F) return skipWord(bytes, position, FALSE)
  return skipNumber(bytes, position, marks)
}

function skipWord(bytes: Uint8Array, position: number, word: Uint8Array): number {
  for (let index = 1; index < word.length; index++)
    if (byteAt(bytes, position + index) !== word[index]) throw new JsonTextError(position + index)
  return position + word.length
}

/** From a member's opening quote to behind its colon. */
function skipKey(bytes: Uint8Array, position: number, marks: Marks): number {
  return skipColon(bytes, skipString(bytes, position, marks), marks)
}

/** From behind a key to behind its colon. */
export function skipColon(bytes: Uint8Array, position: number, marks: Marks): number {
  const at = byteAt(bytes, position) === COLON ? position : skipSpace(bytes, position, marks)
  if (byteAt(bytes, at) !== COLON) throw new JsonTextError(at)
  return at + 1
}

/** The brackets that are open, as what closes them. It is kept between calls, since most values have none. */
let closers = new Uint8Array(256)

function pushCloser(depth: number, closer: number): void {
  if (depth === closers.length) {
    const larger = new Uint8Array(2 * closers.length)
    larger.set(closers)
    closers = larger
  }
  closers[depth] = closer
}

/** The position after the value that starts at `position` (white space before it is skipped). */
export function skipValue(bytes: Uint8Array, position: number, marks: Marks): number {
  let at = position
  let depth = 0
  for (;;) {
    let byte = byteAt(bytes, at)
    if (byte <= SPACE) {
      at = skipSpace(bytes, at, marks)
      byte = byteAt(bytes, at)
    }
    if (byte === QUOTE) at = skipString(bytes, at, marks)
    else if (byte === OPEN_OBJECT || byte === OPEN_ARRAY) {
      const closer = byte === OPEN_OBJECT ? CLOSE_OBJECT : CLOSE_ARRAY
      at = skipSpace(bytes, at + 1, marks)
      if (byteAt(bytes, at) !== closer) {
        pushCloser(depth++, closer)
        if (closer === CLOSE_OBJECT) at = skipKey(bytes, at, marks)
        continue
      }
      at++
    } else at = skipScalar(bytes, at, marks)
    // Behind a value: either another follows in the same brackets, or some of them close.
    for (;;) {
      if (depth === 0) return at
      const closer = closers[depth - 1]
      byte = byteAt(bytes, at)
      if (byte <= SPACE) {
        at = skipSpace(bytes, at, marks)
        byte = byteAt(bytes, at)
      }
      if (byte === COMMA) {
        at++
        if (closer === CLOSE_OBJECT) at = skipKey(bytes, skipSpace(bytes, at, marks), marks)
        break
      }
      if (byte !== closer) throw new JsonTextError(at)
      depth--
      at++
    }
  }
}

/** A text or a number as a plain text: an id may be written as either, and may have more digits than a number holds. */
export function plainText(value: string): string {
  return value.startsWith('"') ? String(JSON.parse(value)) : value
}
