import { isDigit, MINUS, QUOTE, type Span } from './json-text.ts'
import type { ScannedAnswer, ScannedRecord } from './record-scanner.ts'

/** The type of an id member in our messages. */
export type IdType = 'string' | 'integer'

/** A member that is an object in our messages: a text that Intercom writes in its place becomes one member of it. */
export interface ObjectForm {
  /** The object's own `type`, where Intercom's objects have a fixed one. */
  type?: string
  /** The member of the object that the text becomes. */
  textAs: string
}

/** The type of a member in our messages. */
export type MemberType = IdType | ObjectForm

/** A place in an answer, and the text to put there. */
export interface TextEdit {
  span: Span
  text: string
}

/**
 * A text inside a buffer: a record in its answer, or one of its own. There is one for each record, so it is written from
 * where it is, and no Buffer is made for it.
 */
export interface TextSlice extends Span {
  body: Buffer
  /** In order, and apart from each other. @defaultValue none */
  edits?: readonly TextEdit[]
}

/** The bytes of a text. */
export function bytesOf({ body, start, end, edits }: TextSlice): Buffer {
  if (!edits) return body.subarray(start, end)
  const pieces: Buffer[] = []
  let from = start
  for (const { span, text } of edits) {
    pieces.push(body.subarray(from, span.start), Buffer.from(text))
    from = span.end
  }
  pieces.push(body.subarray(from, end))
  return Buffer.concat(pieces)
}

/** How many bytes a text has. */
export function lengthOf({ start, end, edits }: TextSlice): number {
  let length = end - start
  if (edits) for (const { span, text } of edits) length += Buffer.byteLength(text) - (span.end - span.start)
  return length
}

/** Writes a text. @returns where it ends @param target has room for it */
export function writeText(target: Buffer, position: number, { body, start, end, edits }: TextSlice): number {
  let at = position
  let from = start
  if (edits)
    for (const { span, text } of edits) {
      at += body.copy(target, at, from, span.start)
      at += target.write(text, at)
      from = span.end
    }
  return at + body.copy(target, at, from, end)
}

/** A buffer as a text. */
export function wholeText(body: Buffer): TextSlice {
  return { body, start: 0, end: body.length }
}

/**
 * The text of a record as it goes into a message: the bytes Intercom sent, except for
 * - id members, which Intercom writes sometimes as a number and sometimes as a string: they get the type that the catalog declares;
 * - members that are objects or texts, by Intercom's API version: texts become objects where the catalog declares an object;
 * - halves of surrogate pairs, which strict readers (Python's orjson) refuse with the whole line: they become U+FFFD;
 * - line breaks between tokens, which would end the NDJSON line.
 *
 * @param completed edits that insert parts of other answers; those parts may need the same repairs. @defaultValue none
 */
export function recordText(
  answer: Pick<ScannedAnswer, 'body'>,
  record: ScannedRecord,
  types: Iterable<readonly [name: string, MemberType]>,
  completed: readonly TextEdit[] = nothing,
): TextSlice {
  const { body } = answer
  let edits: TextEdit[] | undefined = completed.length > 0 ? [...completed] : undefined
  for (const [name, type] of types) {
    // Most values have their type, and the first byte says so.
    const start = record.members.startOf(name)
    if (start === -1 || !mayBeRetyped(body[start] ?? 0, type)) continue
    const span = record.members.get(name)
    const text = span && retyped(body.toString('utf8', span.start, span.end), type)
    if (!span || text === undefined) continue
    edits ??= []
    edits.push({ span, text })
  }
  const repairs = record.surrogateEscape || record.lineBreak || completed.length > 0
  edits?.sort((one, other) => one.span.start - other.span.start)
  const { start, end } = record
  const text: TextSlice = edits ? { body, start, end, edits } : { body, start, end }
  return repairs ? wholeText(Buffer.from(repairText(bytesOf(text).toString('utf8')))) : text
}

const nothing: readonly TextEdit[] = []

const CANONICAL_INTEGER = /^-?(?:0|[1-9][0-9]*)$/
const QUOTED_INTEGER = /^"-?(?:0|[1-9][0-9]*)"$/

/** The value's text in that type; undefined when it already has that type, or when the change would lose something. */
export function retyped(valueText: string, type: MemberType): string | undefined {
  if (typeof type === 'object') return valueText.startsWith('"') ? objectText(valueText, type) : undefined
  if (type === 'string') return CANONICAL_INTEGER.test(valueText) ? `"${valueText}"` : undefined
  return QUOTED_INTEGER.test(valueText) ? valueText.slice(1, -1) : undefined
}

/** Whether a value that begins with this byte may have to change to have the type. */
function mayBeRetyped(first: number, type: MemberType): boolean {
  return type === 'string' ? first === MINUS || isDigit(first) : first === QUOTE
}

function objectText(valueText: string, { type, textAs }: ObjectForm): string {
  const own = type === undefined ? '' : `"type":${JSON.stringify(type)},`
  return `{${own}${JSON.stringify(textAs)}:${valueText}}`
}

// A whole pair, a lone half, or any other escape: so an escaped backslash before a "u" is not taken for an escape.
const ESCAPE = /\\u(?:d[89ab][0-9a-f]{2}\\ud[c-f][0-9a-f]{2}|(d[89a-f][0-9a-f]{2}))|\\./gis

/** Lone surrogates become U+FFFD; a raw line break can only be between tokens, and becomes a space. */
function repairText(text: string): string {
  return text
    .replace(ESCAPE, (whole, lone: string | undefined) => (lone === undefined ? whole : '\\ufffd'))
    .replace(/[\r\n]/g, ' ')
}

/** An answer with just these records, each as Intercom wrote it. @param path keys from its root to the records */
export function joinedBody(
  records: readonly { answer: ScannedAnswer; record: Span }[],
  path: readonly string[],
): Buffer {
  const texts = records.flatMap(({ answer, record }, place) => [
    ...(place > 0 ? [Buffer.from(',')] : []),
    answer.body.subarray(record.start, record.end),
  ])
  const keys = path.map((key) => `{${JSON.stringify(key)}:`)
  return Buffer.concat([Buffer.from(`${keys.join('')}[`), ...texts, Buffer.from(`]${'}'.repeat(keys.length)}`)])
}
