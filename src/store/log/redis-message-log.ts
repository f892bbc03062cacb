import { CodedError } from '../../errors.ts'
import type { LogPiece } from '../../sync/delivered/replay.ts'
import { isFinal } from '../job.ts'
import type { StoreClient } from '../keys.ts'
import { logReadingKeys } from '../log-reading.lua.ts'
import { runScript } from '../script.ts'
import { openJobSeals } from '../secrets/job-seals.ts'
import type { EncryptionKey } from '../secrets/sealing.ts'
import type { LogEntry } from '../segments/log-entry.ts'
import { unlessRemoved } from '../segments/removed-log.ts'
import { parseIndexed } from '../segments/segment-index.ts'
import { noSegmentReader, type SegmentReader } from '../segments/segment-reading.ts'
import { readFingerprints, readNoted } from './fingerprints.ts'
import { mayHaveGoneBack } from './log-epoch.ts'
import { measureLogScript } from './measure-log.lua.ts'
import type { LogPage, MessageLogReader } from './message-log.ts'
import { firstLeftAfter, messagesGone } from './messages-gone.ts'
import { readLogScript } from './read-log.lua.ts'
import type { Retention } from './retention.ts'
import type { WakeUps } from './wake-ups.ts'

export interface LogDependencies {
  redis: StoreClient
  keys: readonly EncryptionKey[]
  retention: Retention
  /** Reads what has left Redis. @defaultValue such messages cannot be read here */
  segmentReader?: SegmentReader | undefined
}

interface MessageLogDependencies extends LogDependencies {
  wakeUps: WakeUps
}

/** Entries requested from Redis at a time: enough for a page of usual size, few enough not to delay Redis. */
const entriesPerRead = 16
const bytesPerPiece = 1 << 20
/** Entries whose lengths are summed up at a time. Redis copies them to do that, some milliseconds for so many. */
const entriesPerMeasure = 64

export function createMessageLogReader(dependencies: MessageLogDependencies): MessageLogReader {
  return {
    read: (jobId, after, maxBytes) => readPage(dependencies, jobId, after, maxBytes),
    measure: (jobId, after, through) => measure(dependencies, jobId, after, through),
    mayHaveGoneBack: (jobId) => mayHaveGoneBack(dependencies.redis, jobId),
    subscribe: (jobId, listener) => dependencies.wakeUps.listen(jobId, (wakeUp) => listener(wakeUp.kind)),
  }
}

/**
 * What a job's log holds, from its first message on: fingerprints, as far as the commits have left them and in place of
 * messages that have given way, and the messages otherwise.
 *
 * @throws CodedError `log_gone` when there are none, because an earlier version removed the messages
 */
export async function* readWholeLog(
  dependencies: LogDependencies,
  jobId: number,
): AsyncGenerator<LogPiece, void, void> {
  for (let after = yield* readNoted(dependencies.redis, jobId); ; ) {
    const page = await readPage(dependencies, jobId, after, bytesPerPiece).catch((error: unknown) => {
      const firstLeft = firstLeftAfter(error)
      if (firstLeft === undefined) throw error
      return { firstLeft }
    })
    if ('firstLeft' in page) {
      // Some may have given way only now, so this is read after that.
      yield* readFingerprints(dependencies.redis, jobId, page.firstLeft)
      after = page.firstLeft
      continue
    }
    if (page.messageCount === 0) return
    yield page.body
    after += page.messageCount
  }
}

async function readPage(
  { redis, keys, retention, segmentReader = noSegmentReader }: LogDependencies,
  jobId: number,
  after: number,
  maxBytes: number,
): Promise<LogPage> {
  const reply = await runScript(redis, readLogScript, {
    keys: logReadingKeys(redis, jobId),
    args: {
      after,
      mostEntries: entriesPerRead,
      mostBytes: maxBytes,
      logRetentionMs: retention.logMs,
      recordRetentionMs: retention.recordMs,
    },
  })
  const [outcome, record, found, segment] = reply
  if (outcome.toString() === 'MISSING') throw new CodedError('job_not_found')
  if (outcome.toString() === 'GONE') throw new CodedError('log_gone')
  const entries =
    segment.length > 0
      ? await unlessRemoved(
          redis,
          jobId,
          segmentReader.readEntries(parseIndexed(jobId, segment), after, {
            mostEntries: entriesPerRead,
            mostBytes: maxBytes,
          }),
        )
      : found.map(([id, blob, count]): OpenableEntry => {
          return { lastOffset: Number.parseInt(id.toString(), 10), messageCount: Number(count), blob }
        })
  return openPage(keys, jobId, after, record, entries)
}

type OpenableEntry = Pick<LogEntry, 'lastOffset' | 'messageCount' | 'blob'>

async function measure(
  { redis, segmentReader = noSegmentReader }: LogDependencies,
  jobId: number,
  after: number,
  through: number,
): Promise<number> {
  const keys = {
    logKey: redis.keyspace.job(jobId, 'log'),
    dataKeyKey: redis.keyspace.job(jobId, 'dataKey'),
    segmentsKey: redis.keyspace.job(jobId, 'segments'),
  }
  let bytes = 0
  for (let offset = after; offset < through; ) {
    const args = { after: offset, through, mostEntries: entriesPerMeasure }
    const answer = await runScript(redis, measureLogScript, { keys, args })
    const [piece, reached] =
      answer[0] === 'MOVED'
        ? await unlessRemoved(redis, jobId, segmentReader.measure(parseIndexed(jobId, answer[1]), offset, through))
        : answer[0] === 'READ'
          ? [answer[1], answer[2]]
          : [0, offset]
    if (reached === offset) throw new CodedError('log_gone')
    bytes += piece
    offset = reached
  }
  return bytes
}

async function openPage(
  keys: readonly EncryptionKey[],
  jobId: number,
  after: number,
  record: readonly Buffer[],
  entries: readonly OpenableEntry[],
): Promise<LogPage> {
  const [status = '', messages, epoch = '', tenant = '', wrappedDataKey = ''] = record.map(String)
  refuseGap(after, entries)
  const seals = openJobSeals(keys, wrappedDataKey, { tenant, jobId })
  const bodies = await Promise.all(
    entries.map(async ({ lastOffset, messageCount, blob }) => {
      const lines = await seals.openLines(blob, lastOffset)
      const held = after - (lastOffset - messageCount)
      return held > 0 ? lines.subarray(startOfLine(lines, held)) : lines
    }),
  )
  const last = entries.at(-1)
  return {
    // The usual page is one entry, and needs no copy.
    body: bodies.length === 1 && bodies[0] ? bodies[0] : Buffer.concat(bodies),
    messageCount: last ? last.lastOffset - after : 0,
    finalStatus: isFinal(status) ? status : undefined,
    total: Number(messages),
    epoch,
  }
}

/** Messages between those that the reader has and the first ones that are left must never be left out in silence. */
function refuseGap(after: number, [first]: readonly OpenableEntry[]): void {
  const firstLeft = first ? first.lastOffset - first.messageCount : after
  if (firstLeft <= after) return
  throw messagesGone(firstLeft)
}

/** Where the line after the first `count` lines starts. */
function startOfLine(lines: Buffer, count: number): number {
  let start = 0
  for (let line = 0; line < count; line++) start = lines.indexOf(0x0a, start) + 1
  return start
}
