import type { FailureType } from '../error-table.ts'

/**
 * Airbyte messages as NDJSON lines (protocol v0, package 0.18.0). Each function returns one whole line with its "\n".
 * Times are ms since the epoch. Only this module knows the layout of a line, so it also reads our own lines.
 */

type LogLevel = 'ERROR' | 'WARN' | 'INFO' | 'DEBUG'
/** A stream's status in Airbyte's words; the last two are final. */
export type StreamStatus = 'STARTED' | 'RUNNING' | 'COMPLETE' | 'INCOMPLETE'

const line = (message: object): string => `${JSON.stringify(message)}\n`

/** A record's field that did not come whole, in the protocol's words. */
export interface RecordChange {
  field: string
  change: 'NULLED' | 'TRUNCATED'
  reason: 'SOURCE_RETRIEVAL_ERROR'
}

const RECORD_START = '{"type":"RECORD","record":{"stream":'
const DATA = ',"data":'
const RECORD_END = '}}'

/** The part of a line before the text of a record's `data`, which is always last; `recordSuffix` closes the line. */
export function recordPrefix(stream: string, emittedAt: number, changes: readonly RecordChange[] = []): string {
  const meta = changes.length === 0 ? '' : `,"meta":${JSON.stringify({ changes })}`
  return `${RECORD_START}${JSON.stringify(stream)},"emitted_at":${emittedAt}${meta}${DATA}`
}

export const recordSuffix = `${RECORD_END}\n`

const recordStart = Buffer.from(RECORD_START)
const dataStart = Buffer.from(DATA)
const LINE_FEED = 0x0a
const QUOTE = 0x22

/** A RECORD in NDJSON that we wrote: its stream, and where the text of its `data` is. */
interface PlacedRecord {
  stream: string
  start: number
  end: number
  /** Which of the lines it is, from 1. */
  line: number
  /** Where the line begins. */
  lineStart: number
}

/** Finds the RECORDs in whole lines of ours. Lines of other messages are passed over. */
export function* findRecordMessages(lines: Buffer): Generator<PlacedRecord, void, void> {
  // Neighbours are of one stream, nearly always.
  let stream = ''
  let named: Buffer = Buffer.alloc(0)
  for (let at = 0, line = 1; at < lines.length; line++) {
    const lineEnd = lines.indexOf(LINE_FEED, at)
    if (lineEnd === -1) return
    if (startsAt(lines, at, recordStart)) {
      // A stream's name has no character that JSON escapes.
      const nameAt = at + recordStart.length
      if (named.length === 0 || !startsAt(lines, nameAt, named)) {
        const nameEnd = lines.indexOf(QUOTE, nameAt + 1)
        named = lines.subarray(nameAt, nameEnd + 1)
        stream = lines.toString('latin1', nameAt + 1, nameEnd)
      }
      const start = lines.indexOf(dataStart, nameAt + named.length) + dataStart.length
      yield { stream, start, end: lineEnd - RECORD_END.length, line, lineStart: at }
    }
    at = lineEnd + 1
  }
}

/** Where the members of the object inside a RECORD begin. */
const OBJECT_AT = RECORD_START.indexOf('"stream"')

/** A copy of the object inside a RECORD (`stream`, `emitted_at`, `data`) with its offset as the first member. */
export function recordWithOffset(lines: Buffer, { lineStart, end }: PlacedRecord, offset: number): Buffer {
  return Buffer.concat([Buffer.from(`{"offset":${offset},`), lines.subarray(lineStart + OBJECT_AT, end + 1)])
}

function startsAt(lines: Buffer, position: number, bytes: Buffer): boolean {
  for (let index = 0; index < bytes.length; index++) if (lines[position + index] !== bytes[index]) return false
  return true
}

/** Where the name of the type begins in a line, and the first letter that only RECORD has. */
const TYPE_AT = '{"type":"'.length
const LETTER_R = 'R'.charCodeAt(0)

/** Whether one of our lines is a RECORD. It checks one byte, because records are the bulk of a log. */
export function isRecordLine(line: Uint8Array): boolean {
  return line[TYPE_AT] === LETTER_R
}

/**
 * A checkpoint. `recordCount` counts the stream's RECORDs since its previous STATE and is written with a decimal
 * point: the protocol declares a double and asks for one, which JSON.stringify would drop.
 */
export function stateLine(stream: string, streamState: object, recordCount: number): string {
  const state = { stream_descriptor: { name: stream }, stream_state: streamState }
  return `{"type":"STATE","state":{"type":"STREAM","stream":${JSON.stringify(state)},"sourceStats":{"recordCount":${recordCount}.0}}}\n`
}

export function logLine(level: LogLevel, message: string): string {
  return line({ type: 'LOG', log: { level, message } })
}

/** A stream's status; `rateLimited` adds the reason for a wait, and when the wait ends. */
export function streamStatusLine(
  stream: string,
  status: StreamStatus,
  emittedAt: number,
  rateLimited?: { quotaResetMs: number },
): string {
  const reasons = rateLimited && [{ type: 'RATE_LIMITED', rate_limited: { quota_reset: rateLimited.quotaResetMs } }]
  return line({
    type: 'TRACE',
    trace: {
      type: 'STREAM_STATUS',
      emitted_at: emittedAt,
      stream_status: { stream_descriptor: { name: stream }, status, ...(reasons && { reasons }) },
    },
  })
}

/** How many records a stream is expected to have. */
export function estimateLine(stream: string, rowEstimate: number, emittedAt: number): string {
  return line({
    type: 'TRACE',
    trace: {
      type: 'ESTIMATE',
      emitted_at: emittedAt,
      estimate: { name: stream, type: 'STREAM', row_estimate: rowEstimate },
    },
  })
}

/** A TRACE ERROR; the code of the error table goes into `internal_message`. */
export function errorLine(
  error: { message: string; failureType: FailureType; code?: string; streamName?: string },
  emittedAt: number,
): string {
  return line({
    type: 'TRACE',
    trace: {
      type: 'ERROR',
      emitted_at: emittedAt,
      error: {
        message: error.message,
        ...(error.code && { internal_message: error.code }),
        failure_type: error.failureType,
        ...(error.streamName && { stream_descriptor: { name: error.streamName } }),
      },
    },
  })
}
