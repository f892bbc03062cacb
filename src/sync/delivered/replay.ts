import { readRecordLine } from '../../airbyte/messages.ts'
import { withoutSignatures } from '../../intercom/text/content-hash.ts'
import { scanAnswer } from '../../intercom/text/record-scanner.ts'
import { findStream } from '../../streams/table.ts'
import type { Fingerprints } from './fingerprints.ts'
import { isVersionInLog } from './record-version.ts'

/** A piece of a job's log: whole lines, or the fingerprints of messages that are no longer kept. */
export type LogPiece = Buffer | { fingerprints: Buffer }

/**
 * Reads the contents of a job's log into the fingerprints, when an attempt continues walks that may meet records again.
 *
 * @param log whole lines, in any pieces
 */
export async function replayLog(
  log: AsyncIterable<LogPiece>,
  streamNames: ReadonlySet<string>,
  fingerprints: Fingerprints,
): Promise<void> {
  for await (const piece of log) {
    if (Buffer.isBuffer(piece)) noteLines(piece, fingerprints, (name) => streamNames.has(name))
    else fingerprints.addAll(piece.fingerprints)
    fingerprints.keep()
  }
}

/** Notes the records in whole lines of a log. @param isWanted whether to note records of a stream */
export function noteLines(
  lines: Buffer,
  fingerprints: Pick<Fingerprints, 'add'>,
  isWanted: (streamName: string) => boolean = () => true,
): void {
  for (const line of lines.toString('utf8').split('\n')) {
    const record = readRecordLine(line)
    if (!record || !isWanted(record.stream)) continue
    const { stream, data } = record
    if (findStream(stream)?.search) noteVersion(fingerprints, stream, data)
    else fingerprints.add(stream, withoutSignatures(data))
  }
}

function noteVersion(fingerprints: Pick<Fingerprints, 'add'>, streamName: string, text: string): void {
  const { body, records = [] } = scanAnswer(Buffer.from(`[${text}]`), {
    recordsPath: [],
    members: ['id', 'updated_at'],
  })
  for (const record of records) isVersionInLog(fingerprints, streamName, body, record)
}
