import { findRecordMessages } from '../../airbyte/messages.ts'
import { unsigned } from '../../intercom/text/content-hash.ts'
import { keyNames } from '../../intercom/text/key-names.ts'
import { scanRecord } from '../../intercom/text/record-scanner.ts'
import { findStream } from '../../streams/table.ts'
import type { Fingerprints } from './fingerprints.ts'
import { isVersionInLog } from './record-version.ts'

/** A piece of a job's log: whole lines, or the fingerprints of the records in them. */
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
  for (const { stream, start, end } of findRecordMessages(lines)) {
    if (!isWanted(stream)) continue
    if (findStream(stream)?.search)
      isVersionInLog(fingerprints, stream, lines, scanRecord(lines, start, versionMembers))
    else fingerprints.add(stream, unsigned(lines.subarray(start, end)))
  }
}

const versionMembers = keyNames(['id', 'updated_at'])
