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

import { CLOSE_ARRAY, CLOSE_OBJECT, COMMA, OPEN_OBJECT } from './bytes'
import {
  beginKey,
  beginMarks,
  beginText,
  beginValue,
  byteAt,
  escapes,
  failAt,
  fault,
  marks,
  skipColon,
  skipSpace,
  skipString,
  skipValue,
  trues,
} from './json-values'

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
  beginText(bodyEnd, closers)
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

/** Describes the record that starts here at `to`. @returns the position behind it */
function scanRecord(start: usize, to: usize): usize {
  reserve(to + ((4 + 2 * nameCount) << 2))
  memory.fill(to + 16, 0, (2 * nameCount) << 2)
  if (byteAt(start) !== OPEN_OBJECT) return failAt(start)
  beginMarks()
  let holdTrue: i32 = 0
  let at = skipSpace(start + 1)
  if (byteAt(at) !== CLOSE_OBJECT) {
    while (true) {
      beginKey()
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
      beginValue()
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
