import { CodedError } from '../../errors.ts'
import { messagesGone } from '../log/messages-gone.ts'
import type { LogDependencies } from '../log/redis-message-log.ts'
import { logReadingKeys } from '../log-reading.lua.ts'
import { runScript } from '../script.ts'
import { openJobSeals } from '../secrets/job-seals.ts'
import { unlessRemoved } from '../segments/removed-log.ts'
import { parseIndexed } from '../segments/segment-index.ts'
import { noSegmentReader, type PieceLimits } from '../segments/segment-reading.ts'
import { readLastEntriesScript } from './read-last-entries.lua.ts'

/** A piece of a log, newest first. */
interface LastEntries {
  /** Empty at the beginning of the log. */
  entries: LastEntry[]
  /** Messages in the log. */
  total: number
  epoch: string
}

/** Messages that were appended together. */
interface LastEntry {
  /** Messages before them. */
  after: number
  /** Opens them: whole NDJSON lines, in order. */
  open(): Promise<Buffer>
}

/**
 * A piece of a job's log from the entry that holds message `from` on, towards the beginning of the log.
 *
 * @param from its offset; 0 lies before the first message @defaultValue the last message
 * @throws CodedError `job_not_found`, `log_gone`, `log_damaged`, `store_unavailable`
 */
export async function readLastEntries(
  { redis, keys, retention, segmentReader = noSegmentReader }: LogDependencies,
  jobId: number,
  from: number | undefined,
  limits: PieceLimits,
): Promise<LastEntries> {
  const [outcome, record, found, segment] = await runScript(redis, readLastEntriesScript, {
    keys: logReadingKeys(redis, jobId),
    args: { from, ...limits, logRetentionMs: retention.logMs, recordRetentionMs: retention.recordMs },
  })
  if (outcome.toString() === 'MISSING') throw new CodedError('job_not_found')
  if (outcome.toString() === 'GONE') throw new CodedError('log_gone')
  const [messages, epoch = '', tenant = '', wrappedDataKey = ''] = record.map(String)
  const total = Number(messages)
  const first = from ?? total
  const sealed =
    segment.length > 0
      ? await unlessRemoved(redis, jobId, segmentReader.readLastEntries(parseIndexed(jobId, segment), first, limits))
      : found.map(([id, blob, count]) => {
          return { lastOffset: Number.parseInt(id.toString(), 10), messageCount: Number(count), blob }
        })
  refuseGap(first, total, sealed)
  const seals = openJobSeals(keys, wrappedDataKey, { tenant, jobId })
  const entries = sealed.map(({ lastOffset, messageCount, blob }) => {
    return { after: lastOffset - messageCount, open: () => seals.openLines(blob, lastOffset) }
  })
  return { entries, total, epoch }
}

/** Messages that have given way must never be left out in silence. @throws CodedError `log_gone` */
function refuseGap(
  first: number,
  total: number,
  [newest]: readonly { lastOffset: number; messageCount: number }[],
): void {
  if (first === 0 || first > total) return
  const firstLeft = newest ? newest.lastOffset - newest.messageCount : total
  if (firstLeft >= first) throw messagesGone(firstLeft)
}
