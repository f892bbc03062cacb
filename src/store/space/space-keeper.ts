import type { Clock } from '../../clock.ts'
import { CodedError } from '../../errors.ts'
import { storeAnswer } from '../availability.ts'
import { type MemoryFigures, readMemoryFigures } from '../figures.ts'
import { isFinal } from '../job.ts'
import type { StoreClient } from '../keys.ts'
import type { SegmentMover } from '../segments/segment-mover.ts'
import { noteLogWindow, readLogWindows } from './log-window-figures.ts'
import { removeAcknowledged } from './remove-acknowledged.ts'

interface SpaceKeeperOptions {
  redis: StoreClient
  clock: Clock
  /** Bytes that all logs together may have in Redis. */
  totalBytes: number
  /** Whether somebody has set this limit. If not, it does not count where logs cannot move. */
  isTotalSet: boolean
  mover: Pick<SegmentMover, 'canMove' | 'moveEnded' | 'shareWindow'>
  onError: (error: unknown) => void
}

const everyMs = 10_000
/** What a look has found counts for so long, ms: without a worker nobody knows whether there is room. */
const knownMs = 30_000
/**
 * The share of Redis's own memory that logs may have: its other keys, and its buffers for readers, need some, too. Where
 * logs cannot move and nobody has set a limit, it is as much as goes well: to refuse jobs is all that is left then.
 */
const logShare = { usual: 0.5, unmoved: 0.8 }
/** So much of the total stays free after room was made, so that the next commits do not need room at once. */
const roomyShare = 0.9

/** Keeps all logs together within their bytes, until the signal aborts. Several processes may do so at once. */
export async function keepSpace(options: SpaceKeeperOptions, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    try {
      await lookForSpace(options)
    } catch (error) {
      options.onError(error)
    }
    await options.clock.sleep(everyMs, signal).catch(() => undefined)
  }
}

/**
 * Makes room, if the logs are too large: logs of ended jobs move to files, oldest first; where they cannot, those that
 * their clients have acknowledged wholly are removed. Running jobs share what is left. If that does not suffice, no new
 * job is taken.
 */
export async function lookForSpace(options: Omit<SpaceKeeperOptions, 'clock' | 'onError'>): Promise<void> {
  const { redis, mover } = options
  // Some users of Redis may not ask for its memory: then the limit counts alone.
  const memory = readMemoryFigures(redis).catch(() => ({ used: 0, max: 0, machine: 0 }))
  const [{ total, windows }, figures] = [await readLogWindows(redis), await memory]
  const most = mostBytes(options, figures)
  const wanted = total > most ? total - Math.floor(most * roomyShare) : 0
  let freed = 0
  let unended = 0
  for (const { jobId, bytes } of wanted > 0 ? windows : []) {
    const state = await stateOfLog(redis, jobId)
    if (state === 'unended') unended++
    if (state === 'gone') freed += await forgetWindow(redis, jobId, bytes)
    if (state === 'ended' && freed < wanted) freed += await freeEnded(redis, mover, jobId, bytes)
  }
  const isFull = total - freed > most
  mover.shareWindow(isFull ? Math.floor((most * roomyShare) / Math.max(1, unended)) : undefined)
  if (isFull) await storeAnswer(redis.set(redis.keyspace.storageFull, '1', 'PX', knownMs))
  else await storeAnswer(redis.del(redis.keyspace.storageFull))
}

/**
 * Bytes that all logs may have. Where they cannot move, a service that did well before there was this limit must not
 * refuse jobs because of a default.
 */
function mostBytes(
  { totalBytes, isTotalSet, mover }: Pick<SpaceKeeperOptions, 'totalBytes' | 'isTotalSet' | 'mover'>,
  { max, machine }: MemoryFigures,
): number {
  if (isTotalSet || mover.canMove()) return Math.min(totalBytes, max > 0 ? max * logShare.usual : totalBytes)
  return max > 0 ? max * logShare.unmoved : Math.max(totalBytes, machine * logShare.usual)
}

/** @throws CodedError `storage_full` when the last look of a worker has found no room */
export async function refuseWhenFull(redis: StoreClient): Promise<void> {
  if ((await storeAnswer(redis.exists(redis.keyspace.storageFull))) === 0) return
  throw new CodedError(
    'storage_full',
    'The logs of all jobs have all the memory of Redis that they may have, and none of them may give way: acknowledge ' +
      'the messages of jobs that have ended, or delete them, give all processes one DATA_DIR with free space, or raise ' +
      'LOG_TOTAL_BYTES and the maxmemory of Redis',
  )
}

async function stateOfLog(redis: StoreClient, jobId: number): Promise<'gone' | 'ended' | 'unended'> {
  const [status, hasKey] = await storeAnswer(
    Promise.all([
      redis.hget(redis.keyspace.job(jobId, 'record'), 'status'),
      redis.exists(redis.keyspace.job(jobId, 'dataKey')),
    ]),
  )
  if (status === null || hasKey === 0) return 'gone'
  return isFinal(status) ? 'ended' : 'unended'
}

/** @returns bytes that are free now */
async function freeEnded(
  redis: StoreClient,
  mover: Pick<SegmentMover, 'moveEnded'>,
  jobId: number,
  bytes: number,
): Promise<number> {
  const moved = await mover.moveEnded(jobId)
  if (moved > 0) {
    noteLogWindow(redis, jobId, bytes - moved)
    return moved
  }
  return (await removeAcknowledged(redis, jobId)) ? forgetWindow(redis, jobId, bytes) : 0
}

async function forgetWindow(redis: StoreClient, jobId: number, bytes: number): Promise<number> {
  await storeAnswer(redis.zrem(redis.keyspace.logWindows, jobId))
  return bytes
}
