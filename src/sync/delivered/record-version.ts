import { QUOTE } from '../../intercom/text/json-text.ts'
import type { Members } from '../../intercom/text/member-spans.ts'
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
  return !fingerprints.add(
    `${streamName} versions`,
    `${idText(body, members)} ${valueText(body, members, 'updated_at')}`,
  )
}

/** The catalog decides whether a message has an id as a number or as a string, so quotes do not count. */
function idText(body: Buffer, members: Members): string {
  const span = members.get('id')
  if (span === undefined) return ''
  const isQuoted = body[span.start] === QUOTE
  const text = isQuoted
    ? body.toString('utf8', span.start + 1, span.end - 1)
    : body.toString('utf8', span.start, span.end)
  return text.includes('"') ? text.replaceAll('"', '') : text
}

function valueText(body: Buffer, members: Members, name: string): string {
  const span = members.get(name)
  return span === undefined ? '' : body.toString('utf8', span.start, span.end)
}
