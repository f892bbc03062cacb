import { crc32 } from 'node:zlib'
import Type, { type Static } from 'typebox'
import { parseJson } from '../../json-object.ts'
import { isValid } from '../../stored/stored-data.ts'
import type { LogEntry } from './log-entry.ts'

/**
 * A segment holds entries of one job's log, without a gap:
 *
 *     blob | checkpoints | blob | checkpoints | … | table (JSON)
 *
 * The table says what each entry is, how long its two parts are, and their checksums. Where the table begins and its own
 * checksum stand in the index in Redis (`segment-index.ts`). So every byte of the file is covered by a checksum, and the
 * index says whether the file is the one that was written.
 */
const SegmentTable = Type.Object({
  v: Type.Literal(1),
  entries: Type.Array(
    Type.Object({
      lastOffset: Type.Integer({ minimum: 1 }),
      messageCount: Type.Integer({ minimum: 1 }),
      bytes: Type.Integer({ minimum: 0 }),
      blobLength: Type.Integer({ minimum: 0 }),
      blobChecksum: Type.Integer({ minimum: 0 }),
      checkpointsLength: Type.Integer({ minimum: 0 }),
      checkpointsChecksum: Type.Integer({ minimum: 0 }),
    }),
    { minItems: 1 },
  ),
})
type TableRow = Static<typeof SegmentTable>['entries'][number]

/** A stretch of a file, and the CRC-32 of its bytes. */
export interface Stretch {
  at: number
  length: number
  checksum: number
}

/** An entry as a table describes it. */
export interface PlacedEntry extends Omit<LogEntry, 'blob' | 'checkpoints'> {
  blob: Stretch
  checkpoints: Stretch
}

/** The content of a file, in pieces, and where its table is. */
export interface SegmentContent {
  pieces: Buffer[]
  /** Bytes of all pieces. */
  size: number
  table: Stretch
}

/** @param entries at least one, each beginning where the one before ends */
export function layOutSegment(entries: readonly LogEntry[]): SegmentContent {
  const rows = entries.map(
    ({ lastOffset, messageCount, bytes, blob, checkpoints }): TableRow => ({
      lastOffset,
      messageCount,
      bytes,
      blobLength: blob.length,
      blobChecksum: crc32(blob),
      checkpointsLength: checkpoints.length,
      checkpointsChecksum: crc32(checkpoints),
    }),
  )
  const table = Buffer.from(JSON.stringify({ v: 1, entries: rows } satisfies Static<typeof SegmentTable>))
  const parts = entries.flatMap(({ blob, checkpoints }) => [blob, checkpoints])
  const at = parts.reduce((sum, part) => sum + part.length, 0)
  return {
    pieces: [...parts, table],
    size: at + table.length,
    table: { at, length: table.length, checksum: crc32(table) },
  }
}

/** The entries that a table describes; undefined when it does not describe exactly the bytes before it. */
export function readTable(table: Buffer, tableAt: number): PlacedEntry[] | undefined {
  const content = parseJson(table)
  if (!isValid(SegmentTable, content)) return undefined
  const placed: PlacedEntry[] = []
  let at = 0
  for (const { blobLength, blobChecksum, checkpointsLength, checkpointsChecksum, ...entry } of content.entries) {
    const blob = { at, length: blobLength, checksum: blobChecksum }
    const checkpoints = { at: at + blobLength, length: checkpointsLength, checksum: checkpointsChecksum }
    placed.push({ ...entry, blob, checkpoints })
    at = checkpoints.at + checkpoints.length
  }
  return at === tableAt ? placed : undefined
}

/** Whether bytes are those that were written. */
export function fits(bytes: Buffer, { length, checksum }: Stretch): boolean {
  return bytes.length === length && crc32(bytes) === checksum
}
