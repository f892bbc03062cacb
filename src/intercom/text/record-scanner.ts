import { CodedError } from '../../errors.ts'
import {
  JsonTextError,
  type Marks,
  newMarks,
  OPEN_ARRAY,
  OPEN_OBJECT,
  type Span,
  skipSpace,
  skipValue,
  walkElements,
  walkMembers,
} from './json-text.ts'

/** Where a record is in an answer's body, and what we know about it without parsing it. */
export interface ScannedRecord extends Span, Marks {
  /** Value spans of the requested members, by name. When a key is repeated the last one counts, as in `JSON.parse`. */
  members: Map<string, Span>
}

/** An answer of Intercom, read but not parsed. */
export interface ScannedAnswer {
  body: Buffer
  /** Undefined when the answer has no array at the records path. */
  records: ScannedRecord[] | undefined
  /** A member beside the records, parsed on request: `pages`, or `conversation_parts.total_count` further in. */
  envelope(name: string): unknown
}

/** What to look for in an answer. */
export interface RecordShape {
  /** Keys that lead from the root to the array of records, e.g. `['data']`. */
  recordsPath: readonly string[]
  /** Members of each record to find, e.g. `['id', 'updated_at']`. */
  members: readonly string[]
}

/**
 * Finds the records in an answer's body. Numbers, strings and keys stay the bytes Intercom sent.
 *
 * @throws CodedError `intercom_protocol` when the body is not JSON or a record is not an object
 */
export function scanAnswer(body: Buffer, shape: RecordShape): ScannedAnswer {
  try {
    return scan(body, shape)
  } catch (error) {
    if (!(error instanceof JsonTextError)) throw error
    throw new CodedError('intercom_protocol', `Intercom's answer of ${body.length} bytes is ${error.message}`)
  }
}

function scan(body: Buffer, shape: RecordShape): ScannedAnswer {
  const outside = newMarks()
  const envelope = new Map<string, Span>()
  let records: ScannedRecord[] | undefined

  const descend = (position: number, depth: number): number => {
    const wanted = shape.recordsPath[depth]
    if (wanted === undefined) {
      if (body[position] !== OPEN_ARRAY) return skipValue(body, position, outside)
      const found: ScannedRecord[] = []
      records = found
      return walkElements(body, position, outside, (start) => {
        const record = scanRecord(body, start, shape.members)
        found.push(record)
        return record.end
      })
    }
    if (body[position] !== OPEN_OBJECT) return skipValue(body, position, outside)
    return walkMembers(body, position, outside, (key, valueStart) => {
      const name = keyText(body, key)
      if (name === wanted) return descend(valueStart, depth + 1)
      const end = skipValue(body, valueStart, outside)
      envelope.set([...shape.recordsPath.slice(0, depth), name].join('.'), { start: valueStart, end })
      return end
    })
  }

  const end = skipSpace(body, descend(skipSpace(body, 0, outside), 0), outside)
  if (end !== body.length) throw new JsonTextError(end)
  return {
    body,
    records,
    envelope(name) {
      const span = envelope.get(name)
      return span && JSON.parse(body.toString('utf8', span.start, span.end))
    },
  }
}

function scanRecord(body: Buffer, start: number, wanted: readonly string[]): ScannedRecord {
  const marks = newMarks()
  const members = new Map<string, Span>()
  const end = walkMembers(body, start, marks, (key, valueStart) => {
    const valueEnd = skipValue(body, valueStart, marks)
    const name = wantedName(body, key, wanted)
    if (name !== undefined) members.set(name, { start: valueStart, end: valueEnd })
    return valueEnd
  })
  return { start, end, ...marks, members }
}

/** The wanted name that a key spells, if any. Compares lengths first, which is fast; a key with escapes is parsed. */
function wantedName(body: Buffer, key: Span, wanted: readonly string[]): string | undefined {
  const length = key.end - key.start - 2
  for (const name of wanted)
    if (name.length === length && body.toString('latin1', key.start + 1, key.end - 1) === name) return name
  if (!hasEscape(body, key)) return undefined
  const spelt = keyText(body, key)
  return wanted.find((name) => name === spelt)
}

function hasEscape(body: Buffer, key: Span): boolean {
  for (let at = key.start + 1; at < key.end; at++) if (body[at] === 0x5c) return true
  return false
}

/** A key with its escapes resolved. */
export function keyText(body: Buffer, key: Span): string {
  return JSON.parse(body.toString('utf8', key.start, key.end)) as string
}
