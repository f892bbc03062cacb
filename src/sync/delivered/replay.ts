import { withoutSignatures } from '../../intercom/text/content-hash.ts'
import { scanAnswer } from '../../intercom/text/record-scanner.ts'
import { findStream } from '../../streams/table.ts'
import type { Fingerprints } from './fingerprints.ts'
import { isVersionInLog } from './record-version.ts'

const RECORD = '{"type":"RECORD","record":{"stream":"'
const DATA = ',"data":'

/**
 * Reads what a job's log holds into the fingerprints, when an attempt goes on with walks that may meet records again.
 * Lines are ours: `data` is the last member of a record.
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
      if (!line.startsWith(RECORD)) continue
      const streamName = line.slice(RECORD.length, line.indexOf('"', RECORD.length))
      if (!streamNames.has(streamName)) continue
      const text = line.slice(line.indexOf(DATA) + DATA.length, -'}}'.length)
      if (findStream(streamName)?.search) noteVersion(fingerprints, streamName, text)
      else fingerprints.add(streamName, withoutSignatures(text))
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
