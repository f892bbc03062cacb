import { rm } from 'node:fs/promises'
import { basename, join } from 'node:path'
import type { Redis } from 'ioredis'
import type { Clock } from '../../clock.ts'
import { jobKey } from '../keys.ts'
import { runScript } from '../script.ts'
import type { LogEntry } from './log-entry.ts'
import { moveEntriesScript } from './move-entries.lua.ts'
import { readOldestEntries } from './oldest-entries.ts'
import { type IndexedSegment, indexedText } from './segment-index.ts'
import { layOutSegment } from './segment-layout.ts'
import { segmentName } from './segment-name.ts'
import { writeSegment } from './segment-writing.ts'

/** The attempt whose log it is, and the last commit that it has made. */
export interface LogOwner {
  jobId: number
  fence: number
  attemptId: string
  commitId: string
  lock?: { key: string; token: string } | undefined
}

/** Moves the oldest entries of a log from Redis to files. */
export interface SegmentMover {
  /**
   * Moves entries until the window holds no more bytes than it may. Whatever goes wrong is reported, and tried again at a
   * later commit: the attempt goes on, and its entries stay in Redis.
   *
   * @param windowBytes what the window holds
   * @returns bytes that have left the window
   */
  makeRoom(owner: LogOwner, windowBytes: number): Promise<number>
}

export interface SegmentMoverOptions {
  redis: Redis
  clock: Clock
  /** `DATA_DIR/segments` */
  root: string
  /** The service's folder below it; undefined while not every process can read there, and then nothing is moved. */
  writableFolder(): string | undefined
  /** Bytes of a log that stay in Redis. */
  windowBytes: number
  createId: () => string
  /** Entries were written to a file that so many bytes hold. */
  onMoved?: (bytes: number) => void
  /** Gets what keeps entries from being moved: a full disk, for one. */
  onError: (error: unknown) => void
}

/** Bytes of a segment, about: large enough for few files, small enough for the memory of many jobs at once. */
const segmentBytes = 4 << 20
/** After a failure nothing is tried for so long, ms: a commit must not wait for a broken disk each time. */
const pauseMs = 5000

export function createSegmentMover(options: SegmentMoverOptions): SegmentMover {
  const { clock, windowBytes: most } = options
  let pausedUntil = 0
  return {
    async makeRoom(owner, windowBytes) {
      let freed = 0
      while (windowBytes - freed > most && clock.monotonic() >= pausedUntil) {
        const folder = options.writableFolder()
        if (folder === undefined) break
        try {
          const moved = await moveOnce(options, folder, owner, Math.min(segmentBytes, Math.ceil(most / 2)))
          if (moved === 0) break
          freed += moved
        } catch (error) {
          pausedUntil = clock.monotonic() + pauseMs
          options.onError(error)
        }
      }
      return freed
    },
  }
}

/** @returns bytes that have left the window; 0 when the log is no longer this attempt's */
async function moveOnce(
  { redis, root, createId, onMoved }: SegmentMoverOptions,
  folder: string,
  owner: LogOwner,
  mostBytes: number,
): Promise<number> {
  const { jobId, fence } = owner
  const { entries, after, notAfter } = await readOldestEntries(redis, jobId, mostBytes)
  const last = entries.at(-1)
  if (!last) return 0
  const content = layOutSegment(entries)
  const file = `${folder}/${segmentName(jobId, fence, after, createId())}`
  await writeSegment(join(root, folder), basename(file), content)
  const { at: tableAt, checksum: tableChecksum } = content.table
  const segment = { file, after, lastOffset: last.lastOffset, size: content.size, tableAt, tableChecksum }
  const bytes = entries.reduce((sum, entry) => sum + windowBytesOf(entry), 0)
  const outcome = await index(redis, owner, segment, bytes, notAfter)
  if (outcome === 'MOVED') {
    onMoved?.(content.size)
    return bytes
  }
  // The index has not got it and never will, because the script that would name it has answered.
  await rm(join(root, file), { force: true })
  return 0
}

/** What an entry counts in the window. */
function windowBytesOf({ blob, checkpoints }: LogEntry): number {
  return blob.length + checkpoints.length
}

function index(redis: Redis, owner: LogOwner, segment: IndexedSegment, bytes: number, notAfter: number) {
  const { jobId, fence, attemptId, commitId, lock } = owner
  return runScript(redis, moveEntriesScript, {
    keys: {
      recordKey: jobKey(jobId, 'record'),
      logKey: jobKey(jobId, 'log'),
      segmentsKey: jobKey(jobId, 'segments'),
      dataKeyKey: jobKey(jobId, 'dataKey'),
      lockKey: lock?.key,
    },
    args: {
      fence,
      attemptId,
      commitId,
      lockToken: lock?.token,
      segment: indexedText(segment),
      after: segment.after,
      lastOffset: segment.lastOffset,
      bytes,
      notAfter,
    },
  })
}
