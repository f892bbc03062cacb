import type { StoreClient } from '../keys.ts'
import { runScript } from '../script.ts'
import type { LogEntry } from './log-entry.ts'
import { oldestEntriesScript } from './oldest-entries.lua.ts'

/** The oldest entries of a log that are still in Redis. */
interface OldestEntries {
  entries: LogEntry[]
  /** Messages before the first of them. */
  after: number
  /** Redis's time in ms until which a file written from now on is surely not swept away. */
  notAfter: number
}

/** Redis copies what it replies, twice in a script, so it is asked for little at a time. */
const entriesPerRead = 16
const bytesPerRead = 512 * 1024
/** Far less than a file without a name in the index is spared (`segment-sweeper.ts`), ms. */
const longestMoveMs = 10 * 60_000

/** @param mostBytes of blobs: no entry is read after so many */
export async function readOldestEntries(redis: StoreClient, jobId: number, mostBytes: number): Promise<OldestEntries> {
  const keys = { logKey: redis.keyspace.job(jobId, 'log') }
  const entries: LogEntry[] = []
  let beganAt: number | undefined
  let afterId = ''
  for (let bytes = 0; bytes < mostBytes; ) {
    const args = { afterId, mostEntries: entriesPerRead, mostBytes: Math.min(bytesPerRead, mostBytes - bytes) }
    const [time, found] = await runScript(redis, oldestEntriesScript, { keys, args })
    beganAt ??= Number(time)
    if (found.length === 0) break
    for (const [id, blob, count, plainBytes, checkpoints] of found) {
      const lastOffset = Number.parseInt(id.toString(), 10)
      entries.push({ lastOffset, messageCount: Number(count), bytes: Number(plainBytes), blob, checkpoints })
      bytes += blob.length
      afterId = id.toString()
    }
  }
  const [first] = entries
  const after = first ? first.lastOffset - first.messageCount : 0
  return { entries, after, notAfter: (beganAt ?? 0) + longestMoveMs }
}
