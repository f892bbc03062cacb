/** Places [start, end) of a JSON value in the bytes of a line. */
export interface Span {
  start: number
  end: number
}

const quote = 0x22
const backslash = 0x5c
const openBrace = 0x7b
const closeBrace = 0x7d
const openBracket = 0x5b
const closeBracket = 0x5d
const comma = 0x2c
const colon = 0x3a

const isSpace = (byte: number | undefined): boolean => byte === 0x20 || byte === 0x09 || byte === 0x0d || byte === 0x0a

function skipSpace(bytes: Uint8Array, start: number): number {
  let at = start
  while (isSpace(bytes[at])) at++
  return at
}

/** The place after a string that begins at `start`. */
function stringEnd(bytes: Uint8Array, start: number): number {
  let at = start + 1
  while (at < bytes.length && bytes[at] !== quote) at += bytes[at] === backslash ? 2 : 1
  return at + 1
}

/** The place after the value that begins at `start`. */
function valueEnd(bytes: Uint8Array, start: number): number {
  if (bytes[start] === quote) return stringEnd(bytes, start)
  let depth = 0
  let at = start
  while (at < bytes.length) {
    const byte = bytes[at]
    if (byte === quote) {
      at = stringEnd(bytes, at)
      continue
    }
    if (byte === openBrace || byte === openBracket) depth++
    else if (byte === closeBrace || byte === closeBracket) {
      if (depth === 0) return at
      depth--
      if (depth === 0) return at + 1
    } else if (depth === 0 && (byte === comma || isSpace(byte))) return at
    at++
  }
  return at
}

/** Where a member's value is; if the name is used twice, the last one. The bytes must be valid JSON. */
function memberSpan(bytes: Uint8Array, object: Span, name: string): Span | undefined {
  let found: Span | undefined
  let at = skipSpace(bytes, object.start)
  if (bytes[at] !== openBrace) return undefined
  at = skipSpace(bytes, at + 1)
  while (at < object.end && bytes[at] === quote) {
    const keyEnd = stringEnd(bytes, at)
    const isWanted = Buffer.from(bytes.buffer, bytes.byteOffset + at + 1, keyEnd - at - 2).toString() === name
    at = skipSpace(bytes, keyEnd)
    if (bytes[at] === colon) at = skipSpace(bytes, at + 1)
    const end = valueEnd(bytes, at)
    if (isWanted) found = { start: at, end }
    at = skipSpace(bytes, end)
    if (bytes[at] === comma) at = skipSpace(bytes, at + 1)
  }
  return found
}

/** Where the value at a path of member names is in a line of valid JSON. */
export function findSpan(line: Uint8Array, ...path: string[]): Span | undefined {
  let span: Span | undefined = { start: 0, end: line.length }
  for (const name of path) {
    if (span === undefined) return undefined
    span = memberSpan(line, span, name)
  }
  return span
}
