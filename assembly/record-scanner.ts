/**
 * Finds the records in an answer of Intercom, and where the values of their members are. It accepts and refuses the same
 * texts as `src/intercom/text/json-text.ts`, with the same marks and the same positions of faults, and that file says
 * more about each step. A test draws texts and holds the two against each other.
 *
 * This is AssemblyScript, which becomes WebAssembly: it compares sixteen bytes of a string at a time, and takes a quarter
 * of the time that JavaScript takes. Without it, this was the largest part of what a contact costs.
 *
 * The memory holds the names of the members to find, the answer's body, the brackets that are open (at most as many as
 * the body has bytes), and then what was found. `src/intercom/text/wasm-scanner.ts` fills it and reads it.
 */

const TAB: u8 = 0x09
const LINE_FEED: u8 = 0x0a
const CARRIAGE_RETURN: u8 = 0x0d
const SPACE: u8 = 0x20
const QUOTE: u8 = 0x22
const PLUS: u8 = 0x2b
const COMMA: u8 = 0x2c
const MINUS: u8 = 0x2d
const POINT: u8 = 0x2e
const ZERO: u8 = 0x30
const NINE: u8 = 0x39
const COLON: u8 = 0x3a
const OPEN_ARRAY: u8 = 0x5b
const BACKSLASH: u8 = 0x5c
const CLOSE_ARRAY: u8 = 0x5d
const LOWER_A: u8 = 0x61
const LOWER_B: u8 = 0x62
const LOWER_D: u8 = 0x64
const LOWER_E: u8 = 0x65
const LOWER_F: u8 = 0x66
const LOWER_N: u8 = 0x6e
const LOWER_R: u8 = 0x72
const LOWER_T: u8 = 0x74
const LOWER_U: u8 = 0x75
/** The bit that a capital letter lacks. */
const LOWER: u8 = 0x20
const OPEN_OBJECT: u8 = 0x7b
const CLOSE_OBJECT: u8 = 0x7d
const SLASH: u8 = 0x2f

/** `null`, `true`, and what stands behind the `f` of `false`, as they are in memory. */
const NULL: u32 = 0x6c6c756e
const TRUE: u32 = 0x65757274
const ALSE: u32 = 0x65736c61

/** Bits of a record's marks. */
const LONG_DIGITS: i32 = 1
const SURROGATE_ESCAPE: i32 = 2
const LINE_BREAK: i32 = 4

/** In place of a count. */
const NOT_JSON: i32 = -1
const TOO_MANY: i32 = -2
const HAS_ESCAPED_KEY: i32 = -3

const NAME_BYTES: usize = 64
const names: usize = memory.data(32 * 64)
const nameLengths: usize = memory.data(32 * 4, 4)
/**
 * Behind the body stands a 0, which fits nowhere in JSON, so that nobody has to ask where the body ends. A string is read
 * sixteen bytes at a time, and the last sixteen may begin with that 0.
 */
const SLACK: usize = 16
const PAGE: usize = 65536

let nameCount: i32 = 0
let body: usize = 0
let bodyEnd: usize = 0
let closers: usize = 0
/** The records found, each as four numbers (start, end, marks, which members hold a `true`) and two for each name. */
let found: usize = 0
let afterFound: usize = 0
/** Where a text is not JSON; 0 as long as it is. */
let fault: usize = 0

let marks: i32 = 0
let escapes: i32 = 0
let trues: i32 = 0
/** Whether a member's own key is written with escapes, and may spell one of the names. */
let hasEscapedKey: bool = false

/** Where to put the bytes of a name, 64 at most. */
export function nameAt(place: i32): usize {
  return names + <usize>place * NAME_BYTES
}

export function setName(place: i32, length: i32): void {
  store<i32>(nameLengths + (place << 2), length)
}

export function setNames(count: i32): void {
  nameCount = count
}

/** Makes room. @returns where to put a body of so many bytes */
export function roomFor(length: usize): usize {
  body = (__heap_base + 15) & ~15
  bodyEnd = body + length
  closers = bodyEnd + SLACK
  found = (closers + length + 7) & ~7
  reserve(found)
  store<u8>(bodyEnd, 0)
  return body
}

function reserve(until: usize): void {
  const pages = <i32>((until + PAGE - 1) / PAGE) - memory.size()
  if (pages > 0) memory.grow(pages)
}

/** Where the records are described. */
export function foundAt(): usize {
  return found
}

/** The position behind the array of records, or of the first byte that does not fit. */
export function endsAt(): i32 {
  return <i32>((fault ? fault : afterFound) - body)
}

/**
 * @param position of the array's bracket, or of the one record
 * @returns how many records there are; -1 when the text is not JSON, -2 when there are more than `most`, -3 when a key has
 *   escapes: such a key has to be read, which this does not
 */
export function scanRecords(position: i32, isSingle: bool, most: i32): i32 {
  fault = 0
  hasEscapedKey = false
  let at = body + position
  if (isSingle) {
    at = scanRecord(at, found)
    afterFound = at
    return fault ? refused() : 1
  }
  const bytesOfRecord: usize = (4 + 2 * nameCount) << 2
  let count = 0
  let to = found
  at = skipSpace(at + 1)
  if (byteAt(at) !== CLOSE_ARRAY) {
    while (true) {
      if (count === most) return TOO_MANY
      at = scanRecord(at, to)
      if (fault) return refused()
      count++
      to += bytesOfRecord
      at = skipSpace(at)
      const byte = byteAt(at)
      if (byte === CLOSE_ARRAY) break
      if (byte !== COMMA) {
        failAt(at)
        return refused()
      }
      at = skipSpace(at + 1)
    }
  }
  afterFound = at + 1
  return count
}

function refused(): i32 {
  return hasEscapedKey ? HAS_ESCAPED_KEY : NOT_JSON
}

/** Notes where the text is not JSON. @returns the end of the text, where nothing more is found */
function failAt(at: usize): usize {
  if (fault === 0) fault = at
  return bodyEnd
}

/** The byte at a position, which is the body's end at most. */
function byteAt(at: usize): u8 {
  return load<u8>(at)
}

/** Describes the record that starts here at `to`. @returns the position behind it */
function scanRecord(start: usize, to: usize): usize {
  reserve(to + ((4 + 2 * nameCount) << 2))
  memory.fill(to + 16, 0, (2 * nameCount) << 2)
  if (byteAt(start) !== OPEN_OBJECT) return failAt(start)
  marks = 0
  let holdTrue: i32 = 0
  let at = skipSpace(start + 1)
  if (byteAt(at) !== CLOSE_OBJECT) {
    while (true) {
      escapes = 0
      const key = at
      at = skipString(at)
      if (escapes > 0) {
        hasEscapedKey = true
        return failAt(key)
      }
      if (fault) return at
      const place = placeOf(key + 1, <i32>(at - key) - 2)
      at = skipSpace(skipColon(at))
      const value = at
      trues = 0
      at = skipValue(at)
      if (fault) return at
      if (place >= 0) {
        const span = to + 16 + (place << 3)
        store<i32>(span, <i32>(value - body))
        store<i32>(span + 4, <i32>(at - body))
        const bit: i32 = 1 << place
        holdTrue = trues > 0 ? holdTrue | bit : holdTrue & ~bit
      }
      at = skipSpace(at)
      const byte = byteAt(at)
      if (byte === CLOSE_OBJECT) break
      if (byte !== COMMA) return failAt(at)
      at = skipSpace(at + 1)
    }
  }
  store<i32>(to, <i32>(start - body))
  store<i32>(to + 4, <i32>(at + 1 - body))
  store<i32>(to + 8, marks)
  store<i32>(to + 12, holdTrue)
  return at + 1
}

/** The place of the name that a key spells; -1 for none. Nearly every key is none of them, and its length says so. */
function placeOf(key: usize, length: i32): i32 {
  for (let place = 0; place < nameCount; place++) {
    if (load<i32>(nameLengths + (place << 2)) !== length) continue
    const name = names + <usize>place * NAME_BYTES
    if (byteAt(key) === load<u8>(name) && memory.compare(key, name, length) === 0) return place
  }
  return -1
}

/** The first position that is not white space. */
function skipSpace(start: usize): usize {
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
function skipString(start: usize): usize {
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
function skipColon(start: usize): usize {
  const at = skipSpace(start)
  return byteAt(at) === COLON ? at + 1 : failAt(at)
}

/** The position behind the value that starts here. */
function skipValue(start: usize): usize {
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
