import { type ErrorCode, errorTable, type FailureType } from './error-table.ts'

/** One fault of a request: where it is (JSON pointer into the body, or a query parameter's name) and how to fix it. */
export interface Fault {
  pointer: string
  detail: string
}

/** Faults of one request that are told. The others are counted: an answer must not be many times as long as its request. */
export const mostFaults = 50

/** Bytes of JSON of one fault's place and of its text: both may hold names that somebody sent. */
const longestPointer = 300
const longestDetail = 600

/** The first faults, each no longer than people read. */
export function firstFaults(faults: readonly Fault[], most: number = mostFaults): Fault[] {
  return faults.slice(0, most).map(({ pointer, detail }) => ({
    pointer: shorten(pointer, longestPointer),
    detail: shorten(detail, longestDetail),
  }))
}

/** Faults as one text, e.g. `/config/region must be …; /streams/0 …; and 12 more`. */
export function listFaults(faults: readonly Fault[], most: number = mostFaults): string {
  const more = faults.length > most ? [`and ${faults.length - most} more`] : []
  return [...firstFaults(faults, most).map(({ pointer, detail }) => `${pointer} ${detail}`.trim()), ...more].join('; ')
}

/** A text of at most so many bytes in JSON, where one character may become six. */
function shorten(text: string, mostBytes: number): string {
  const fits = text.length <= mostBytes && Buffer.byteLength(JSON.stringify(text)) <= mostBytes
  return fits ? text : `${text.slice(0, mostBytes / 6)}…`
}

interface CodedErrorOptions {
  /** Every fault found in the request, for `invalid_request`. */
  faults?: Fault[]
  /** The stream the error belongs to, where there is one. */
  streamName?: string
  /** Further members of the problem document, e.g. `messageCount`. */
  extensions?: Record<string, unknown>
  cause?: unknown
}

/** An error from the error table. Its message is for users: no secrets, no stack, no foreign text unredacted. */
export class CodedError extends Error {
  readonly code: ErrorCode
  readonly faults: Fault[]
  readonly streamName: string | undefined
  readonly extensions: Record<string, unknown>

  constructor(code: ErrorCode, message?: string, options: CodedErrorOptions = {}) {
    super(message ?? errorTable[code].title, { cause: options.cause })
    this.name = 'CodedError'
    this.code = code
    this.faults = options.faults ?? []
    this.streamName = options.streamName
    this.extensions = options.extensions ?? {}
  }
}

/** How a job failed, as the API and the final TRACE ERROR report it. */
export interface JobFailure {
  code: ErrorCode
  message: string
  failureType: FailureType
  streamName?: string
}

/**
 * Turns any thrown value into a job's failure. An error that is not from the table becomes an `internal_error` without
 * its text.
 */
export function toJobFailure(error: unknown): JobFailure {
  const coded = error instanceof CodedError ? error : new CodedError('internal_error')
  return {
    code: coded.code,
    message: coded.message,
    failureType: errorTable[coded.code].failureType,
    ...(coded.streamName === undefined ? {} : { streamName: coded.streamName }),
  }
}
