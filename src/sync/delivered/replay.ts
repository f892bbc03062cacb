import { readRecordLine } from '../../airbyte/messages.ts'
import { withoutSignatures } from '../../intercom/text/content-hash.ts'
import { scanAnswer } from '../../intercom/text/record-scanner.ts'
import { findStream } from '../../streams/table.ts'
import type { Fingerprints } from './fingerprints.ts'
import { isVersionInLog } from './record-version.ts'

/**
 * Reads the contents of a job's log into the fingerprints, when an attempt continues walks that may meet records again.
 *
 * @param log whole lines, in any pieces
 */
export async function replayLog(
  log: AsyncIterable<Buffer>,
  streamNames: ReadonlySet<string>,
  fingerprints: Fingerprints,
): Promise<void> {
  for await (const piece of log) {
    for (const line of piece.toString('utf8').split('\n')) {
      const record = readRecordLine(line)
      if (!record || !streamNames.has(record.stream)) continue
      const { stream, data } = record
      if (findStream(stream)?.search) noteVersion(fingerprints, stream, data)
      else fingerprints.add(stream, withoutSignatures(data))
    }
    fingerprints.keep()
  }
}

function noteVersion(fingerprints: Fingerprints, streamName: string, text: string): void {
  const { body, records = [] } = scanAnswer(Buffer.from(`[${text}]`), {
    recordsPath: [],
    members: ['id', 'updated_at'],
  })
  for (const record of records) isVersionInLog(fingerprints, streamName, body, record)
}
