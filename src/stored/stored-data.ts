import Type, { type Static, type TSchema } from 'typebox'
import { CodedError } from '../errors.ts'
import { isObject, parseJson } from '../json-object.ts'
import { firstFault, validatorOf } from './validation.ts'

/** The version of stored data. It is not written: data without a version has this one. */
const STORED_VERSION = 1

/** Something stored in Redis is damaged, or of a version that this process does not know. */
export class StoredDataError extends CodedError {
  override name = 'StoredDataError'

  /**
   * @param what e.g. `the record of job 7`
   * @param reason in words, without a full stop; it never quotes stored data
   */
  constructor(what: string, reason: string) {
    super('data_unreadable', `Stored data cannot be read: ${what} ${reason}`)
  }
}

/** A number in the form in which a Redis hash holds it. */
export const NumberText = Type.Refine(
  Type.String(),
  (text) => text.trim() !== '' && Number.isFinite(Number(text)),
  () => 'must be a number',
)

/**
 * A number of a Redis hash.
 *
 * @returns 0 when it is absent @param what for the error: `trimmedTo of job 7` @throws StoredDataError
 */
export function readStoredNumber(text: string | null | undefined, what: string): number {
  return text === null || text === undefined ? 0 : Number(readStored(NumberText, text, what))
}

/** Whether a value matches a schema. */
export function isValid<Schema extends TSchema>(schema: Schema, value: unknown): value is Static<Schema> {
  return validatorOf(schema).Check(value)
}

/**
 * Checks data stored in Redis. Members that the schema does not name stay, because a later version may have added them.
 *
 * @param what for the error: `the record of job 7`
 * @param newest the latest version that the schema fits @defaultValue 1
 * @throws StoredDataError when it is damaged or of a later version (`v`)
 */
export function readStored<Schema extends TSchema>(
  schema: Schema,
  value: unknown,
  what: string,
  newest: number = STORED_VERSION,
): Static<Schema> {
  refuseOtherVersion(isObject(value) ? value.v : undefined, what, newest)
  if (isValid(schema, value)) return value
  const { pointer, message } = firstFault(schema, value)
  throw new StoredDataError(what, `is damaged at "${pointer}": ${message}`)
}

/**
 * @param version undefined when the data names none @throws StoredDataError for a version that this process does not
 * know
 */
export function refuseOtherVersion(version: unknown, what: string, newest: number = STORED_VERSION): void {
  if (version === undefined) return
  if (Number(version) >= STORED_VERSION && Number(version) <= newest) return
  const reason = `is of version ${JSON.stringify(version)}, and this process reads ${newest}: update intercom-sync`
  throw new StoredDataError(what, reason)
}

/** The same as `readStored` for a JSON text. @throws StoredDataError */
export function parseStored<Schema extends TSchema>(
  schema: Schema,
  text: string | Buffer,
  what: string,
  newest?: number,
): Static<Schema> {
  const value = parseJson(text)
  if (value === undefined) throw new StoredDataError(what, 'is no JSON')
  return readStored(schema, value, what, newest)
}

/**
 * An object of callers, stored as it came: its members are theirs, so that `v` among them is no version of ours.
 *
 * @param what for the error: `the state of contacts` @throws StoredDataError
 */
export function parseStoredAsGiven(text: string | Buffer, what: string): Record<string, unknown> {
  const value = parseJson(text)
  if (!isObject(value)) throw new StoredDataError(what, 'is no JSON object')
  return value
}
