import Type, { type Static } from 'typebox'
import { parseStored } from '../../stored/stored-data.ts'

/**
 * What Redis knows of a segment: a member of the job's sorted set `segments`, with the offset of its last message as
 * score. A file counts only when it is named there.
 */
export type IndexedSegment = Static<typeof IndexedSegmentSchema>
const IndexedSegmentSchema = Type.Object({
  /** Below `DATA_DIR/segments`. */
  file: Type.String({ pattern: '^[0-9a-z-]+/[0-9a-z-]+\\.segment$' }),
  /** Messages before its first one. */
  after: Type.Integer({ minimum: 0 }),
  /** Offset of its last message. */
  lastOffset: Type.Integer({ minimum: 1 }),
  /** Bytes of the file. */
  size: Type.Integer({ minimum: 1 }),
  /** Where its table begins, and the CRC-32 of the table. */
  tableAt: Type.Integer({ minimum: 0 }),
  tableChecksum: Type.Integer({ minimum: 0 }),
})

/** @throws StoredDataError */
export function parseIndexed(jobId: number, text: string | Buffer): IndexedSegment {
  return parseStored(IndexedSegmentSchema, text, `the index of segments of job ${jobId}`)
}

/** The same segment is always the same text. */
export function indexedText({ file, after, lastOffset, size, tableAt, tableChecksum }: IndexedSegment): string {
  return JSON.stringify({ file, after, lastOffset, size, tableAt, tableChecksum } satisfies IndexedSegment)
}
