import { basename, dirname, join } from 'node:path'
import type { Clock } from '../../clock.ts'
import { storeAnswer } from '../availability.ts'
import type { StoreClient } from '../keys.ts'
import { runScript } from '../script.ts'
import { logWindowBytesOf } from './log-window-bytes.ts'
import { moveEntriesScript } from './move-entries.lua.ts'
import { readOldestEntries } from './oldest-entries.ts'
import { type DiskQuota, machineDisk, type SegmentDisk } from './segment-disk.ts'
import { type IndexedSegment, indexedText } from './segment-index.ts'
import { layOutSegment, type SegmentContent } from './segment-layout.ts'
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

/** What a job has in Redis. */
export interface LogWindowBytes {
  /** Everything: its log, its request, its states and its position. */
  total: number
  /** Its log, which alone can move. */
  log: number
}

/** Moves the oldest entries of a log from Redis to files. */
export interface SegmentMover {
  /**
   * Moves entries until the window holds no more bytes than it may. Whatever goes wrong is reported, and tried again at a
   * later commit: the attempt goes on, and its entries stay in Redis.
   *
   * @param held what the window holds
   * @returns bytes that have left the window
   */
  makeRoom(owner: LogOwner, held: LogWindowBytes): Promise<number>
  /** Whether files can be written, as far as it is known. */
  canMove(): boolean
  /** Moves the whole log of a job that has ended. @returns bytes that have left Redis; 0 when nothing can be moved */
  moveEnded(jobId: number): Promise<number>
  /** Lets each log have less in Redis than it may, but at least a mebibyte; undefined when there is room again. */
  shareWindow(bytes: number | undefined): void
}

interface SegmentMoverOptions {
  redis: StoreClient
  clock: Clock
  /** `DATA_DIR/segments` */
  root: string
  /** The service's folder below it; undefined while not every process can read there, and then nothing is moved. */
  writableFolder(): string | undefined
  /** Bytes of a job that stay in Redis. */
  windowBytes: number
  /** @defaultValue there is no quota */
  quota?: DiskQuota
  /** Removes files of logs that may give way. @returns bytes that are free now @defaultValue none may */
  freeDisk?: (bytes: number) => Promise<number>
  /** @defaultValue the machine's */
  disk?: SegmentDisk
  createId: () => string
  /** Entries were written to a file that so many bytes hold. */
  onMoved?: (bytes: number) => void
  /** Gets what keeps entries from being moved: a full disk, for one. */
  onError: (error: unknown) => void
}

/** Bytes of a segment, about: large enough for few files, small enough for the memory of many jobs at once. */
const segmentBytes = 4 << 20
/** What a log may have in Redis even if there is hardly any room: a few commits. */
const leastWindowBytes = 1 << 20
/** After a failure nothing is tried for so long, ms: a commit must not wait for a broken disk each time. */
const pauseMs = 5000

export function createSegmentMover(options: SegmentMoverOptions): SegmentMover {
  const { clock, redis, windowBytes } = options
  let most = windowBytes
  let pausedUntil = 0
  /** @returns bytes moved; 0 when nothing can be moved now, which is reported */
  const tryToMove = async (owner: LogOwner, mostBytes: number, isEnded: boolean): Promise<number> => {
    const folder = options.writableFolder()
    if (folder === undefined || clock.monotonic() < pausedUntil) return 0
    try {
      return await moveOnce(options, folder, owner, mostBytes, isEnded)
    } catch (error) {
      pausedUntil = clock.monotonic() + pauseMs
      options.onError(error)
      return 0
    }
  }
  return {
    async makeRoom(owner, { total, log }) {
      // However large the rest is: entries that move one by one make very many files.
      const kept = Math.max(most - (total - log), Math.min(most, leastWindowBytes))
      let freed = 0
      while (log - freed > kept) {
        const moved = await tryToMove(owner, Math.min(segmentBytes, Math.ceil(most / 2)), false)
        if (moved === 0) break
        freed += moved
      }
      return freed
    },
    canMove: () => options.writableFolder() !== undefined,
    async moveEnded(jobId) {
      const names = ['fence', 'attemptId', 'commitId'] as const
      const [fence, attemptId, commitId] = await storeAnswer(redis.hmget(redis.keyspace.job(jobId, 'record'), ...names))
      const owner = { jobId, fence: Number(fence ?? 0), attemptId: attemptId ?? '', commitId: commitId ?? '' }
      let freed = 0
      for (;;) {
        const moved = await tryToMove(owner, segmentBytes, true)
        if (moved === 0) return freed
        freed += moved
      }
    },
    shareWindow(bytes) {
      most = bytes === undefined ? windowBytes : Math.min(windowBytes, Math.max(leastWindowBytes, bytes))
    },
  }
}

/** @returns bytes that have left the window; 0 when the log is no longer this attempt's */
async function moveOnce(
  options: SegmentMoverOptions,
  folder: string,
  owner: LogOwner,
  mostBytes: number,
  isEnded: boolean,
): Promise<number> {
  const { redis, root, createId, onMoved, disk = machineDisk } = options
  const { jobId, fence } = owner
  const { entries, after, notAfter } = await readOldestEntries(redis, jobId, mostBytes)
  const last = entries.at(-1)
  if (!last) return 0
  const content = layOutSegment(entries)
  const file = `${folder}/${segmentName(jobId, fence, after, createId())}`
  await writeInRoom(options, join(root, file), content)
  const { at: tableAt, checksum: tableChecksum } = content.table
  const segment = { file, after, lastOffset: last.lastOffset, size: content.size, tableAt, tableChecksum }
  const bytes = entries.reduce((sum, entry) => sum + logWindowBytesOf(entry), 0)
  const outcome = await index(redis, owner, { segment, bytes, notAfter, isEnded })
  if (outcome === 'MOVED') {
    onMoved?.(content.size)
    return bytes
  }
  // The index has not got it and never will, because the script that would name it has answered.
  await disk.remove(join(root, file))
  return 0
}

/** Writes a file; where there is no room for it, after others have given way. */
async function writeInRoom(options: SegmentMoverOptions, path: string, content: SegmentContent): Promise<void> {
  try {
    await writeWithin(options, path, content)
  } catch (error) {
    if (!isFull(error) || !(await options.freeDisk?.(content.size))) throw error
    await writeWithin(options, path, content)
  }
}

async function writeWithin({ quota, disk = machineDisk }: SegmentMoverOptions, path: string, content: SegmentContent) {
  await quota?.take(content.size)
  try {
    await writeSegment(disk, dirname(path), basename(path), content)
  } catch (error) {
    quota?.giveBack(content.size)
    throw error
  }
}

function isFull(error: unknown): boolean {
  return error instanceof Error && 'code' in error && (error.code === 'ENOSPC' || error.code === 'EDQUOT')
}

interface Move {
  segment: IndexedSegment
  /** Bytes that its entries counted in the window. */
  bytes: number
  notAfter: number
  isEnded: boolean
}

function index(redis: StoreClient, owner: LogOwner, { segment, bytes, notAfter, isEnded }: Move) {
  const { jobId, fence, attemptId, commitId, lock } = owner
  return runScript(redis, moveEntriesScript, {
    keys: {
      recordKey: redis.keyspace.job(jobId, 'record'),
      logKey: redis.keyspace.job(jobId, 'log'),
      segmentsKey: redis.keyspace.job(jobId, 'segments'),
      dataKeyKey: redis.keyspace.job(jobId, 'dataKey'),
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
      isEnded,
    },
  })
}
