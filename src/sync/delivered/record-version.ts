import type { ScannedRecord } from '../../intercom/text/record-scanner.ts'
import type { Fingerprints } from './fingerprints.ts'

/**
 * Notes that a version of a record, identified by its id and time, is in the job's log. Records come again when reading
 * goes back, and when rows stand at a place that does not match their time.
 *
 * @param record scanned with `id` and `updated_at`
 * @returns whether the version was there already
 */
export function isVersionInLog(
  fingerprints: Pick<Fingerprints, 'add'>,
  streamName: string,
  body: Buffer,
  { members }: Pick<ScannedRecord, 'members'>,
): boolean {
  const text = (name: string) => {
    const span = members.get(name)
    return span === undefined ? '' : body.toString('utf8', span.start, span.end)
  }
  // The catalog decides whether a message has an id as a number or as a string.
  const version = `${text('id').replaceAll('"', '')} ${text('updated_at')}`
  return !fingerprints.add(`${streamName} versions`, version)
}
