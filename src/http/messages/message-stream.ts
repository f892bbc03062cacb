import type { Clock } from '../../clock.ts'
import { CodedError } from '../../errors.ts'
import type { FinalStatus } from '../../store/job.ts'
import { refuseBeyondEnd, refuseChangedLog, requireOwnLog } from '../../store/log/log-epoch.ts'
import type { LogPage, MessageLogReader } from '../../store/log/message-log.ts'
import { watchLog } from './log-watch.ts'

/** NDJSON of one read. A reader that stalls keeps this much in memory, besides the socket's own buffer. */
const pageBytes = 256 * 1024

/** Wake-ups are best effort, and a hung Redis sends none, so a quiet log is read again after this time. */
const recheckMs = 10_000

export interface MessageRange {
  jobId: number
  /** Messages the reader already holds. */
  after: number
  /** The epoch of these messages; a log of another epoch is refused. */
  epoch: string | undefined
}

/** A range of a log, and what the headers tell the reader about it. */
export interface AnnouncedRange extends MessageRange {
  epoch: string
  /** How the job had ended by then. */
  finalStatus: FinalStatus | undefined
  /** Messages in the log by then. */
  total: number
  /** What the first look at the range has shown of it: whole entries, one at least if there is one. */
  beginning: { messageCount: number; bytes: number }
}

export interface StreamOptions {
  /** Continue until the job has ended; otherwise stop at the end of the messages that were there at first. */
  follow: boolean
  /** A blank line after so much silence; 0 = never. */
  heartbeatMs: number
  /** If it aborts, the stream fails with its reason. */
  signal: AbortSignal
  clock: Clock
}

/**
 * The next page of a range, at most about `maxBytes`, and the proof that the range can be read.
 *
 * @throws CodedError `log_rewound`, `offset_out_of_range`, `log_gone`, `store_unavailable`
 */
export async function readRange(messages: MessageLogReader, range: MessageRange, maxBytes: number): Promise<LogPage> {
  const page = await messages.read(range.jobId, range.after, maxBytes)
  const log = { logEpoch: page.epoch, messageCount: page.total }
  const holding = { epoch: range.epoch, held: range.after }
  requireOwnLog(log, holding)
  await refuseBeyondEnd(log, { ...holding, name: 'after' }, () => messages.mayHaveGoneBack(range.jobId))
  return page
}

/**
 * The messages of a range, whole lines only. When it follows the log, it returns only after the last message of an
 * ended job, and how that job ended; any other end is thrown: `store_unavailable`, `log_gone`, `log_rewound`, the
 * signal's reason.
 *
 * It reads only when the next piece is requested, so a reader that stalls stops the reading.
 */
export async function* streamMessages(
  messages: MessageLogReader,
  range: AnnouncedRange,
  options: StreamOptions,
): AsyncGenerator<Buffer, FinalStatus | undefined, undefined> {
  const { follow, heartbeatMs, signal, clock } = options
  const watch = follow ? watchLog(messages, range.jobId, clock, signal) : undefined
  try {
    const readOn = async (after: number): Promise<LogPage> => {
      const page = await readRange(messages, { ...range, after }, pageBytes)
      // A reader that holds nothing may read any log of the job, but only the one that its headers named.
      refuseChangedLog({ logEpoch: page.epoch, messageCount: page.total }, range.epoch)
      return page
    }
    let offset = range.after
    let page = await readOn(offset)
    const totalAtFirst = page.total
    let lastSent = clock.monotonic()
    for (;;) {
      signal.throwIfAborted()
      if (page.messageCount > 0) {
        yield page.body
        // It has been taken. Many readers may wait for the next read, and none of them shall hold what it had.
        page = { ...page, body: nothing }
        offset += page.messageCount
        lastSent = clock.monotonic()
      }
      const { finalStatus } = page
      if (follow ? finalStatus && offset >= page.total : offset >= totalAtFirst) return finalStatus
      if (page.messageCount === 0 && (finalStatus || !follow)) throw new CodedError('log_gone')
      if (watch && page.messageCount === 0) {
        const silence = clock.monotonic() - lastSent
        const untilHeartbeat = heartbeatMs > 0 ? Math.max(0, heartbeatMs - silence) : Number.POSITIVE_INFINITY
        const woken = await watch.wait(Math.min(untilHeartbeat, recheckMs))
        if (woken === 'silent' && untilHeartbeat <= recheckMs) {
          yield blankLine
          lastSent = clock.monotonic()
        }
      }
      page = await readOn(offset)
    }
  } finally {
    watch?.stop()
  }
}

const blankLine = Buffer.from('\n')
const nothing = Buffer.alloc(0)
