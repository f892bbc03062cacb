/**
 * Skips JSON, value by value: each function takes the position where something starts and returns the position behind it.
 * It accepts and refuses the same texts as `src/intercom/text/json-text.ts`, and that file says more about each step.
 */

import {
  BACKSLASH,
  CARRIAGE_RETURN,
  CLOSE_OBJECT,
  COLON,
  COMMA,
  LINE_FEED,
  LOWER,
  LOWER_A,
  LOWER_B,
  LOWER_D,
  LOWER_E,
  LOWER_F,
  LOWER_N,
  LOWER_R,
  LOWER_T,
  LOWER_U,
  MINUS,
  NINE,
  OPEN_ARRAY,
  OPEN_OBJECT,
  PLUS,
  POINT,
  QUOTE,
  SLASH,
  SPACE,
  TAB,
  ZERO,
} from './bytes'

/** `null`, `true`, and what stands behind the `f` of `false`, as they are in memory. */
const NULL: u32 = 0x6c6c756e
const TRUE: u32 = 0x65757274
const ALSE: u32 = 0x65736c61

/** Bits of a record's marks. */
const LONG_DIGITS: i32 = 1
const SURROGATE_ESCAPE: i32 = 2
const LINE_BREAK: i32 = 4

/** The end of the text, where a 0 stands. */
let textEnd: usize = 0
/** Where the brackets that are open are written: at most as many as the text has bytes. */
let closers: usize = 0

/** Where the text is not JSON; 0 as long as it is. */
export let fault: usize = 0
/** Marks of what was skipped since `beginMarks`. */
export let marks: i32 = 0
/** How many escapes were skipped since `beginKey`. */
export let escapes: i32 = 0
/** How many `true` were skipped since `beginValue`. */
export let trues: i32 = 0

/** From here on a text is read that ends at `end`. Behind `brackets` there is room for as many bytes as it has. */
export function beginText(end: usize, brackets: usize): void {
  textEnd = end
  closers = brackets
  fault = 0
}

export function beginMarks(): void {
  marks = 0
}

export function beginKey(): void {
  escapes = 0
}

export function beginValue(): void {
  trues = 0
}

/** Notes where the text is not JSON. @returns the end of the text, where nothing more is found */
export function failAt(at: usize): usize {
  if (fault === 0) fault = at
  return textEnd
}

/** The byte at a position, which is the body's end at most. */
export function byteAt(at: usize): u8 {
  return load<u8>(at)
}

/** The first position that is not white space. */
export function skipSpace(start: usize): usize {
  return byteAt(start) > SPACE ? start : skipLongSpace(start)
}

function skipLongSpace(start: usize): usize {
  let at = start
  while (true) {
    const byte = byteAt(at)
    if (byte === LINE_FEED || byte === CARRIAGE_RETURN) marks |= LINE_BREAK
    else if (byte !== SPACE && byte !== TAB) return at
    at++
  }
}

/** The position behind the string that starts here. */
export function skipString(start: usize): usize {
  if (byteAt(start) !== QUOTE) return failAt(start)
  let at = start + 1
  while (true) {
    at = skipPlain(at)
    const byte = byteAt(at)
    if (byte === QUOTE) return at + 1
    if (byte !== BACKSLASH) return failAt(at)
    at = skipEscape(at)
    if (fault) return at
  }
}

/** The first position whose byte does not stand for itself inside a string. */
function skipPlain(start: usize): usize {
  let at = start
  while (true) {
    const bytes = v128.load(at)
    const special = v128.or(
      v128.or(i8x16.eq(bytes, i8x16.splat(QUOTE)), i8x16.eq(bytes, i8x16.splat(BACKSLASH))),
      i8x16.lt_u(bytes, i8x16.splat(SPACE)),
    )
    const bits = i8x16.bitmask(special)
    if (bits !== 0) return at + ctz(bits)
    at += 16
  }
}

/** The position behind the escape that starts here. */
function skipEscape(start: usize): usize {
  escapes++
  const kind = byteAt(start + 1)
  if (
    kind === QUOTE ||
    kind === BACKSLASH ||
    kind === SLASH ||
    kind === LOWER_B ||
    kind === LOWER_F ||
    kind === LOWER_N ||
    kind === LOWER_R ||
    kind === LOWER_T
  )
    return start + 2
  if (kind !== LOWER_U) return failAt(start)
  for (let at = start + 2; at < start + 6; at++) if (!isHexDigit(byteAt(at))) return failAt(at)
  const first = load<u8>(start + 2) | LOWER
  const second = load<u8>(start + 3) | LOWER
  // \uD800 to \uDFFF: a "d" followed by 8, 9 or a letter. The bit does not change a digit.
  if (first === LOWER_D && (second === ZERO + 8 || second === NINE || second >= LOWER_A)) marks |= SURROGATE_ESCAPE
  return start + 6
}

function isHexDigit(byte: u8): bool {
  return isDigit(byte) || ((byte | LOWER) >= LOWER_A && (byte | LOWER) <= LOWER_F)
}

function isDigit(byte: u8): bool {
  return byte >= ZERO && byte <= NINE
}

/** Skips digits; at least one must be there. */
function skipDigits(start: usize): usize {
  let at = start
  while (isDigit(byteAt(at))) at++
  if (at === start) return failAt(at)
  if (at - start >= 16) marks |= LONG_DIGITS
  return at
}

function skipNumber(start: usize): usize {
  let at = byteAt(start) === MINUS ? start + 1 : start
  at = byteAt(at) === ZERO ? at + 1 : skipDigits(at)
  if (byteAt(at) === POINT) at = skipDigits(at + 1)
  if ((byteAt(at) | LOWER) === LOWER_E) {
    const sign = byteAt(at + 1)
    at = skipDigits(sign === PLUS || sign === MINUS ? at + 2 : at + 1)
  }
  return at
}

/** Skips a number, `null`, `true` or `false`. */
function skipScalar(at: usize): usize {
  const byte = byteAt(at)
  if (byte === LOWER_N) return skipWord(at, at, NULL)
  if (byte === LOWER_T) {
    trues++
    return skipWord(at, at, TRUE)
  }
  if (byte === LOWER_F) return skipWord(at, at + 1, ALSE)
  return skipNumber(at)
}

/** @param letters of the word, from `from` on */
function skipWord(start: usize, from: usize, letters: u32): usize {
  if (load<u32>(from) === letters) return from + 4
  let at = from
  for (let rest = letters; at < from + 4 && byteAt(at) === <u8>rest; rest >>= 8) at++
  return failAt(at > start ? at : start)
}

/** From behind a key to behind its colon. */
export function skipColon(start: usize): usize {
  const at = skipSpace(start)
  return byteAt(at) === COLON ? at + 1 : failAt(at)
}

/** The position behind the value that starts here. */
export function skipValue(start: usize): usize {
  let at = start
  let depth: usize = 0
  while (true) {
    at = skipSpace(at)
    const first = byteAt(at)
    if (first === QUOTE) at = skipString(at)
    else if (first === OPEN_OBJECT || first === OPEN_ARRAY) {
      // In ASCII a bracket that closes comes two behind the one that opens.
      const closer: u8 = first + 2
      at = skipSpace(at + 1)
      if (byteAt(at) !== closer) {
        store<u8>(closers + depth++, closer)
        if (closer === CLOSE_OBJECT) at = skipColon(skipString(at))
        if (fault) return at
        continue
      }
      at++
    } else at = skipScalar(at)
    // Behind a value: either another follows in the same brackets, or some of them close.
    while (true) {
      if (depth === 0 || fault) return at
      const closer = load<u8>(closers + depth - 1)
      at = skipSpace(at)
      const byte = byteAt(at)
      if (byte === COMMA) {
        at++
        if (closer === CLOSE_OBJECT) at = skipColon(skipString(skipSpace(at)))
        if (fault) return at
        break
      }
      if (byte !== closer) return failAt(at)
      depth--
      at++
    }
  }
}
