import { setImmediate } from 'node:timers/promises'
import { findRecordMessages, recordWithOffset } from '../../airbyte/messages.ts'
import { CodedError } from '../../errors.ts'
import { createSemaphore } from '../../sync/concurrency/semaphore.ts'
import type { LogDependencies } from '../log/redis-message-log.ts'
import { readLastEntries } from './last-entries.ts'
import type { RecordFilter } from './record-filter.ts'

/** Which records are wanted. */
interface RecordQuery {
  stream: string
  /** All of which a record has to pass. */
  filters: readonly RecordFilter[]
  /** The largest number of records. */
  limit: number
  /** Offset of the newest message to look at; 0 lies before the first one. @defaultValue the last message */
  from?: number | undefined
}

/** Records of a piece of a log. */
export interface RecordPage {
  /** Newest first: the text of each record's message, with its offset. */
  records: Buffer[]
  /** The messages up to this offset have not been looked at; 0 at the beginning of the log. */
  restTo: number
  /** Messages in the log. */
  total: number
  epoch: string
}

/** Reads records of a log, newest first. */
export interface RecordReader {
  /**
   * Looks at a bounded piece of a log.
   *
   * @throws CodedError `job_not_found`, `log_gone`, `log_damaged`, `store_unavailable`
   */
  readRecords(jobId: number, query: RecordQuery): Promise<RecordPage>
}

/** NDJSON that one call looks at, and the last entry may make it more; and entries, which may be small. */
export const mostBytesLookedAt = 8 * 1024 * 1024
export const mostEntriesLookedAt = 512
/** What is taken from Redis, or from a file, at a time. */
const piece = { mostEntries: 16, mostBytes: 1024 * 1024 }
/** Others have their turn after so many bytes: a millisecond or two. */
const bytesInARow = 512 * 1024
/** Calls at a time. Each holds a piece of a log, and what it has found there. */
const callsAtATime = 4

export function createRecordReader(dependencies: LogDependencies): RecordReader {
  const inTurn = createSemaphore(callsAtATime)
  return { readRecords: (jobId, query) => inTurn(() => lookThrough(dependencies, jobId, query)) }
}

async function lookThrough(dependencies: LogDependencies, jobId: number, query: RecordQuery): Promise<RecordPage> {
  const { entries, total, epoch } = await readLastEntries(dependencies, jobId, query.from, piece)
  const page: RecordPage = { records: [], restTo: query.from ?? total, total, epoch }
  let pieces = entries
  let bytes = 0
  let looked = 0
  while (pieces.length > 0) {
    for (const entry of pieces) {
      const lines = await entry.open()
      const isEnough = await takeFrom(lines, entry.after, query, page)
      bytes += lines.length
      looked++
      if (isEnough || page.restTo === 0 || bytes >= mostBytesLookedAt || looked >= mostEntriesLookedAt) return page
    }
    const next = await readLastEntries(dependencies, jobId, page.restTo, piece).catch(unlessLost)
    // What lies after a gap is given, and the next call tells about the gap.
    if (next?.epoch !== epoch) return page
    pieces = next.entries
  }
  return { ...page, restTo: 0 }
}

/** Messages that have given way, or are damaged. */
function unlessLost(error: unknown): undefined {
  if (error instanceof CodedError && (error.code === 'log_gone' || error.code === 'log_damaged')) return undefined
  throw error
}

/** Adds the records of an entry to a page, as far as it has been looked at from the end. @returns whether it is full */
async function takeFrom(lines: Buffer, after: number, query: RecordQuery, page: RecordPage): Promise<boolean> {
  const found = await findIn(lines, query, page.restTo - after)
  for (const { line, text } of found.toReversed()) {
    page.records.push(text(after + line))
    page.restTo = after + line - 1
    if (page.records.length === query.limit) return true
  }
  page.restTo = after
  return false
}

/** A record among the lines of an entry. */
interface FoundRecord {
  /** From 1. */
  line: number
  /** A copy of its text, with its offset: the lines themselves are not kept. */
  text(offset: number): Buffer
}

/** The records that are wanted among the first `most` lines, oldest first; no more than are asked for. */
async function findIn(lines: Buffer, { stream, filters, limit }: RecordQuery, most: number): Promise<FoundRecord[]> {
  const found: FoundRecord[] = []
  let pauseAt = bytesInARow
  for (const record of findRecordMessages(lines)) {
    if (record.line > most) break
    if (record.lineStart >= pauseAt) {
      await setImmediate()
      pauseAt = record.lineStart + bytesInARow
    }
    if (record.stream !== stream || !filters.every((isWanted) => isWanted(lines, record))) continue
    found.push({ line: record.line, text: (offset) => recordWithOffset(lines, record, offset) })
    if (found.length > limit) found.shift()
  }
  return found
}
