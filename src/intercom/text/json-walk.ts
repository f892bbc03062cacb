import {
  CLOSE_ARRAY,
  CLOSE_OBJECT,
  COMMA,
  JsonTextError,
  type Marks,
  OPEN_ARRAY,
  OPEN_OBJECT,
  type Span,
  skipColon,
  skipSpace,
  skipString,
} from './json-text.ts'

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
    at = skipSpace(bytes, skipColon(bytes, afterKey, marks), marks)
    at = visit({ start: keyStart, end: afterKey }, at)
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
