import { CodedError } from '../../errors.ts'

/** Messages of a log: those after the first `after`, up to and including `until`. */
export interface OffsetRange {
  after: number
  until: number
}

/** Messages on the disk are lost or damaged. The error names them, and none of them is ever left out in silence. */
export function damagedSegment(range: OffsetRange, reason: string): CodedError {
  return new CodedError(
    'log_damaged',
    `Messages ${range.after + 1} to ${range.until} of the log are lost: ${reason}. ` +
      `Start a new job from the last STATE before them; after=${range.until} gives what follows them`,
    { extensions: { lostAfter: range.after, lostUntil: range.until } },
  )
}
