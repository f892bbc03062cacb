import { CodedError } from '../../errors.ts'
import { isObject, parseJson } from '../../json-object.ts'
import { type RecordShape, type ScannedAnswer, type ScannedRecord, scanAnswer } from '../text/record-scanner.ts'
import { isOwnList } from './envelopes.ts'

/** A 2xx answer that does not have the form of its endpoint: somebody else gave it, or something replaced it. */
export class OtherFormError extends CodedError {
  constructor(path: string) {
    super('intercom_protocol', `The answer to ${path} is not in the form of Intercom's`)
    this.name = 'OtherFormError'
  }
}

/** Bytes of an answer that is parsed whole: a workspace, a company or the like. Parsing takes up to fifty times as much. */
const largestObject = 4 * 1024 * 1024

/** An answer of Intercom with its records. */
export interface ListAnswer extends ScannedAnswer {
  records: ScannedRecord[]
}

/**
 * Finds the records in an answer that is in Intercom's form.
 *
 * @param path the path requested, for people to read
 * @throws OtherFormError when it has another form; what `scanAnswer` throws
 */
export function scanList(body: Buffer, shape: RecordShape, path: string): ListAnswer {
  const answer = scanAnswer(body, shape)
  if (!hasRecords(answer) || !isOwnList(answer.envelope)) throw new OtherFormError(path)
  return answer
}

function hasRecords(answer: ScannedAnswer): answer is ListAnswer {
  return answer.records !== undefined
}

/**
 * Reads an answer that is an object of Intercom's. All of these name their type.
 *
 * @param type the type that it must have @defaultValue anything but an error
 * @throws OtherFormError when it names no type, or another
 */
export function readOwnObject(body: Buffer, path: string, type?: string): Record<string, unknown> {
  const answer = body.length > largestObject ? undefined : parseJson(body)
  if (!isObject(answer) || typeof answer.type !== 'string' || answer.type === 'error.list')
    throw new OtherFormError(path)
  if (type !== undefined && answer.type !== type) throw new OtherFormError(path)
  return answer
}
