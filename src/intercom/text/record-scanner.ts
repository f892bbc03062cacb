import { CodedError } from '../../errors.ts'
import {
  CLOSE_OBJECT,
  COMMA,
  JsonTextError,
  type Marks,
  newMarks,
  OPEN_ARRAY,
  OPEN_OBJECT,
  type Span,
  skipColon,
  skipSpace,
  skipString,
  skipValue,
} from './json-text.ts'
import { walkElements, walkMembers } from './json-walk.ts'
import { type KeyNames, keyNames, keyText } from './key-names.ts'
import { MemberSpans, type Members, SharedSpans } from './member-spans.ts'
import { withObjects } from './text-list.ts'
import { type FoundRecords, findRecords, NUMBERS_BEFORE_MEMBERS, recordMarks } from './wasm-scanner.ts'

/** Where a record is in an answer's body, and what we know about it without parsing it. */
export interface ScannedRecord extends Span, Omit<Marks, 'escapes' | 'trues'> {
  /** Those of the requested members that it has. */
  members: Members
}

/** An answer of Intercom, read but not parsed. */
export interface ScannedAnswer {
  /** @throws Error once the answer has been released */
  readonly body: Buffer
  /** Undefined when the answer has no array at the records path. */
  records: ScannedRecord[] | undefined
  /** A member beside the records, parsed on request: `pages`, or `conversation_parts.total_count` further in. */
  envelope(name: string): unknown
  /**
   * Gives the body up: nobody reads the answer any more. A generator that waits for its next page still refers to its
   * last one, and so a job would hold several answers for each that it reads.
   */
  release(): void
}

/** Records in one answer. Intercom's longest lists have some thousand; each takes more memory here than in the answer. */
const mostRecords = 100_000

/** Room for so many is made before the first one is found. */
const RECORDS_PER_ANSWER = 16

/** Bytes of a member beside the records, which is parsed: parsing takes up to fifty times as much memory. */
const largestMember = 256 * 1024

/** What to look for in an answer. */
export interface RecordShape {
  /** Keys that lead from the root to the array of records, e.g. `['data']`. */
  recordsPath: readonly string[]
  /** Members of each record to find, e.g. `['id', 'updated_at']`. */
  members: readonly string[]
  /** At the end of the path is one record, or `null`, in place of an array. @defaultValue false */
  isSingle?: boolean
  /** The array holds texts: each becomes an object with this member. @defaultValue it holds objects */
  textsAs?: string | undefined
}

/**
 * Finds the records in an answer's body. Numbers, strings and keys stay the bytes Intercom sent.
 *
 * @throws CodedError `intercom_protocol` when the body is not JSON or a record is not an object
 */
export function scanAnswer(body: Buffer, shape: RecordShape): ScannedAnswer {
  try {
    return scan(shape.textsAs === undefined ? body : withObjects(body, shape.recordsPath, shape.textsAs), shape)
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
      if (shape.isSingle) records = []
      if (body[position] !== (shape.isSingle ? OPEN_OBJECT : OPEN_ARRAY)) return skipValue(body, position, outside)
      const found = recordsAt(body, position, shape)
      records = found.records
      return found.end
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
  return answerOf(body, records, envelope)
}

/** A function of its own, so that nothing here refers to the body once it is given up. */
function answerOf(
  body: Buffer,
  records: ScannedRecord[] | undefined,
  envelope: ReadonlyMap<string, Span>,
): ScannedAnswer {
  let held: Buffer | undefined = body
  const present = () => {
    if (!held) throw new Error('The answer has been released')
    return held
  }
  return {
    get body() {
      return present()
    },
    records,
    envelope(name) {
      const span = envelope.get(name)
      if (span && span.end - span.start > largestMember) throw tooMuch(`${span.end - span.start} bytes of ${name}`)
      return span && JSON.parse(present().toString('utf8', span.start, span.end))
    },
    release() {
      held = undefined
    },
  }
}

/** The records of the array at a position, or the one record there. */
function recordsAt(body: Buffer, position: number, shape: RecordShape): { records: ScannedRecord[]; end: number } {
  const found = findRecords(body, position, shape.members, shape.isSingle ?? false, mostRecords)
  if (found === 'too many') throw tooMuch(`more than ${mostRecords} records`)
  return found ? describe(found, shape.members) : readRecords(body, position, shape)
}

/** Objects over the numbers: those of the members stay where they are. */
function describe({ count, numbers, end }: FoundRecords, names: readonly string[]) {
  const places = new SharedSpans(numbers)
  const each = NUMBERS_BEFORE_MEMBERS + 2 * names.length
  const records = Array.from({ length: count }, (_, index): ScannedRecord => {
    const at = index * each
    const marks = places.get(at + 2)
    return {
      start: places.get(at),
      end: places.get(at + 1),
      longDigits: (marks & recordMarks.longDigits) !== 0,
      surrogateEscape: (marks & recordMarks.surrogateEscape) !== 0,
      lineBreak: (marks & recordMarks.lineBreak) !== 0,
      members: new MemberSpans(names, places, at + NUMBERS_BEFORE_MEMBERS, places.get(at + 3)),
    }
  })
  return { records, end }
}

/** The same in JavaScript, which can read keys that are written with escapes. */
function readRecords(body: Buffer, position: number, { members, isSingle }: RecordShape) {
  const wanted = keyNames(members)
  const places = new SharedSpans(RECORDS_PER_ANSWER * 2 * members.length)
  const records: ScannedRecord[] = []
  const read = (start: number) => {
    if (records.length === mostRecords) throw tooMuch(`more than ${mostRecords} records`)
    const record = scanRecord(body, start, wanted, places)
    records.push(record)
    return record.end
  }
  const end = isSingle ? read(position) : walkElements(body, position, newMarks(), read)
  return { records, end }
}

function tooMuch(what: string): CodedError {
  return new CodedError('intercom_protocol', `Intercom's answer holds ${what}, as none of its own does`)
}

/**
 * Reads the record that starts at a position.
 *
 * @param places see `MemberSpans`
 * @throws JsonTextError when it is not a JSON object
 */
export function scanRecord(body: Buffer, start: number, wanted: KeyNames, places?: SharedSpans): ScannedRecord {
  const marks = newMarks()
  const members = new MemberSpans(wanted.names, places)
  if (body[start] !== OPEN_OBJECT) throw new JsonTextError(start)
  let at = skipSpace(body, start + 1, marks)
  if (body[at] === CLOSE_OBJECT) return recordOf(start, at + 1, marks, members)
  for (;;) {
    const escapes = marks.escapes
    const afterKey = skipString(body, at, marks)
    const place = wanted.placeOf(body, at, afterKey, marks.escapes > escapes)
    const valueStart = skipSpace(body, skipColon(body, afterKey, marks), marks)
    const trues = marks.trues
    at = skipValue(body, valueStart, marks)
    if (place !== -1) members.set(place, valueStart, at, marks.trues > trues)
    at = skipSpace(body, at, marks)
    if (body[at] === CLOSE_OBJECT) return recordOf(start, at + 1, marks, members)
    if (body[at] !== COMMA) throw new JsonTextError(at)
    at = skipSpace(body, at + 1, marks)
  }
}

function recordOf(start: number, end: number, marks: Marks, members: MemberSpans): ScannedRecord {
  const { longDigits, surrogateEscape, lineBreak } = marks
  return { start, end, longDigits, surrogateEscape, lineBreak, members }
}
