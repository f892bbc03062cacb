import { type FileHandle, open } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { CodedError } from '../../errors.ts'
import { damagedSegment, type OffsetRange } from './damaged-segment.ts'
import type { LogEntry } from './log-entry.ts'
import type { IndexedSegment } from './segment-index.ts'
import { fits, type PlacedEntry, readTable, type Stretch } from './segment-layout.ts'

/** How much of a log a reader wants at a time. */
export interface PieceLimits {
  /** 1 or more. */
  mostEntries: number
  /** Before compression; one entry is read however large it is. */
  mostBytes: number
}

/** The entries of a log that are in files. */
export interface SegmentReader {
  /**
   * The entries of a segment from the one that holds message `after + 1` on.
   *
   * @throws CodedError `log_damaged` naming the messages; `store_unavailable` when the file may be readable elsewhere or
   * later
   */
  readEntries(segment: IndexedSegment, after: number, limits: PieceLimits): Promise<LogEntry[]>
  /** The same from the entry that holds message `from` on, towards the beginning: newest first. @throws the same */
  readLastEntries(segment: IndexedSegment, from: number, limits: PieceLimits): Promise<LogEntry[]>
  /**
   * Sums up how long the messages after the first `after` and up to `through` are, without reading them. Both are ends of
   * entries.
   *
   * @returns NDJSON bytes, and the offset up to which they are counted @throws the same
   */
  measure(segment: IndexedSegment, after: number, through: number): Promise<readonly [bytes: number, reached: number]>
  /**
   * Gives the checkpoints (JSON) of each entry that has some, newest first.
   *
   * @param at entries that begin after so many messages are left out
   * @param take returns whether it wants those before
   * @throws the same
   */
  readCheckpoints(segment: IndexedSegment, at: number, take: (checkpoints: string) => boolean): Promise<void>
}

interface SegmentReaderOptions {
  /** `DATA_DIR/segments` */
  root: string
  /** Whether files of a folder below it that are not there may be in another process's `DATA_DIR`, or come back. */
  mayBeElsewhere(folder: string): Promise<boolean>
}

export function createSegmentReader(options: SegmentReaderOptions): SegmentReader {
  return {
    readEntries: (segment, after, limits) =>
      withSegment(options, segment, (file, table) =>
        readPlaced(
          file,
          table.filter(({ lastOffset }) => lastOffset > after),
          limits,
        ),
      ),
    readLastEntries: (segment, from, limits) =>
      withSegment(options, segment, (file, table) =>
        readPlaced(file, table.filter((placed) => rangeOf(placed).after < from).toReversed(), limits),
      ),
    measure: (segment, after, through) =>
      withSegment(options, segment, async (_file, table) => {
        const counted = table.filter(({ lastOffset }) => lastOffset > after && lastOffset <= through)
        return [counted.reduce((sum, { bytes }) => sum + bytes, 0), counted.at(-1)?.lastOffset ?? after] as const
      }),
    readCheckpoints: (segment, at, take) =>
      withSegment(options, segment, async (file, table) => {
        for (const placed of table.toReversed()) {
          if (placed.checkpoints.length === 0 || rangeOf(placed).after >= at) continue
          const text = await readStretch(file, placed.checkpoints)
          if (!text) throw damagedSegment(rangeOf(placed), 'their file is damaged')
          if (!take(text.toString())) return
        }
      }),
  }
}

/** Of a process that cannot read any segment. */
export const noSegmentReader: SegmentReader = {
  readEntries: async () => Promise.reject(elsewhere()),
  readLastEntries: async () => Promise.reject(elsewhere()),
  measure: async () => Promise.reject(elsewhere()),
  readCheckpoints: async () => Promise.reject(elsewhere()),
}

/** @throws CodedError `log_damaged` when already the first one is damaged; what comes before the damage is given */
async function readPlaced(
  file: FileHandle,
  table: readonly PlacedEntry[],
  { mostEntries, mostBytes }: PieceLimits,
): Promise<LogEntry[]> {
  const entries: LogEntry[] = []
  let bytes = 0
  for (const placed of table.slice(0, mostEntries)) {
    bytes += placed.bytes
    if (entries.length > 0 && bytes > mostBytes) break
    const blob = await readStretch(file, placed.blob)
    if (!blob && entries.length > 0) break
    if (!blob) throw damagedSegment(rangeOf(placed), 'their file is damaged')
    entries.push({ ...placed, blob, checkpoints: Buffer.alloc(0) })
  }
  return entries
}

function elsewhere(cause?: unknown): CodedError {
  const why = 'Messages of this job are in a DATA_DIR that this process does not have, or has not got back yet'
  return new CodedError('store_unavailable', why, { cause })
}

function rangeOf({ lastOffset, messageCount }: Pick<PlacedEntry, 'lastOffset' | 'messageCount'>): OffsetRange {
  return { after: lastOffset - messageCount, until: lastOffset }
}

async function withSegment<T>(
  options: SegmentReaderOptions,
  segment: IndexedSegment,
  use: (file: FileHandle, table: PlacedEntry[]) => Promise<T>,
): Promise<T> {
  let file: FileHandle | undefined
  try {
    file = await open(join(options.root, segment.file), 'r')
    return await use(file, await readEntriesTable(file, segment))
  } catch (error) {
    if (error instanceof CodedError) throw error
    throw await unreadable(error, segment, options)
  } finally {
    await file?.close()
  }
}

/** Only what the disk says about the file itself is a verdict; too many open files, for one, pass. */
async function unreadable(
  error: unknown,
  { file, after, lastOffset: until }: IndexedSegment,
  { mayBeElsewhere }: SegmentReaderOptions,
): Promise<CodedError> {
  const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown'
  if (code === 'EIO') return damagedSegment({ after, until }, 'the disk cannot read their file (EIO)')
  if (code !== 'ENOENT') {
    const why = `Messages of this job are in a file that cannot be read now (${code})`
    return new CodedError('store_unavailable', why, { cause: error })
  }
  if (await mayBeElsewhere(dirname(file))) return elsewhere(error)
  return damagedSegment({ after, until }, 'their file is missing')
}

async function readEntriesTable(file: FileHandle, segment: IndexedSegment): Promise<PlacedEntry[]> {
  const { after, lastOffset, size, tableAt, tableChecksum } = segment
  const damaged = (reason: string) => damagedSegment({ after, until: lastOffset }, reason)
  const present = (await file.stat()).size
  if (present !== size) throw damaged(`their file has ${present} bytes instead of ${size}`)
  const bytes = await readStretch(file, { at: tableAt, length: size - tableAt, checksum: tableChecksum })
  const table = bytes && readTable(bytes, tableAt)
  if (!table) throw damaged('their file is damaged')
  if (!isWithoutGap(table, segment)) throw damaged('their file holds other messages')
  return table
}

function isWithoutGap(table: readonly PlacedEntry[], { after, lastOffset }: IndexedSegment): boolean {
  let held = after
  for (const entry of table) {
    if (rangeOf(entry).after !== held) return false
    held = entry.lastOffset
  }
  return held === lastOffset
}

/** The bytes of a stretch; undefined when they are not those that were written. */
async function readStretch(file: FileHandle, stretch: Stretch): Promise<Buffer | undefined> {
  const bytes = Buffer.alloc(stretch.length)
  let read = 0
  while (read < stretch.length) {
    const { bytesRead } = await file.read(bytes, read, stretch.length - read, stretch.at + read)
    if (bytesRead === 0) return undefined
    read += bytesRead
  }
  return fits(bytes, stretch) ? bytes : undefined
}
