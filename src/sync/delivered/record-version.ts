import type { ScannedRecord } from '../../intercom/text/record-scanner.ts'
import type { Fingerprints } from './fingerprints.ts'

/**
 * Notes a version of a record, told by its id and time, as one that is in the job's log: reading that goes back, and
 * rows that stand at another place than their time, bring records again.
 *
 * @param record scanned with `id` and `updated_at`
 * @returns whether it was there already
 */
export function isVersionInLog(
  fingerprints: Fingerprints,
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
