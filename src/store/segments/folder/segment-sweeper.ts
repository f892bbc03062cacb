import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import type { Clock } from '../../../clock.ts'
import { storeAnswer } from '../../availability.ts'
import type { StoreClient } from '../../keys.ts'
import { runScript } from '../../script.ts'
import { machineDisk } from '../segment-disk.ts'
import { parseIndexed } from '../segment-index.ts'
import { jobOfSegment } from '../segment-name.ts'
import { judgeUnnamedScript } from './unnamed-segments.lua.ts'

interface SegmentSweeperOptions {
  redis: StoreClient
  clock: Clock
  /** `DATA_DIR/segments` */
  root: string
  /** The service's folder below it; nothing outside it is ever touched. */
  ownFolder(): string | undefined
  /** How long a file stays that no log names, ms. @defaultValue two hours */
  sparedMs?: number
  /** So many files were removed. */
  onSwept?: (files: number) => void
  onError: (error: unknown) => void
}

/**
 * A file without a name may get it back: from a Redis that goes back in time, to its replica or to a snapshot. Redis
 * makes a snapshot every hour at the latest, unless it is told otherwise.
 */
const usualSparedMs = 2 * 3_600_000
const everyMs = 10 * 60_000
const filesPerQuestion = 500

/** Removes files that no log has named for long, every ten minutes, until the signal aborts. */
export async function keepSwept(options: SegmentSweeperOptions, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    try {
      await sweep(options)
    } catch (error) {
      options.onError(error)
    }
    await options.clock.sleep(everyMs, signal).catch(() => undefined)
  }
}

/** Looks over the service's folder once. Files that no service of this kind has written stay. */
export async function sweep(options: SegmentSweeperOptions): Promise<void> {
  const { redis, root, sparedMs = usualSparedMs, onSwept } = options
  const folder = options.ownFolder()
  if (folder === undefined) return
  let swept = 0
  for (const [jobId, files] of filesByJob(folder, await readdir(join(root, folder)))) {
    const named = await namedSegments(redis, jobId)
    for (let start = 0; start < files.length; start += filesPerQuestion) {
      const over = await runScript(redis, judgeUnnamedScript, {
        keys: { unnamedKey: redis.keyspace.unnamedSegments },
        args: { sparedMs },
        entries: files.slice(start, start + filesPerQuestion).map((file) => ({ file, isNamed: named.has(file) })),
      })
      for (const file of over) await machineDisk.remove(join(root, file))
      if (over.length > 0) await storeAnswer(redis.zrem(redis.keyspace.unnamedSegments, ...over))
      swept += over.length
    }
  }
  if (swept > 0) onSwept?.(swept)
}

function filesByJob(folder: string, names: readonly string[]): Map<number, string[]> {
  const byJob = new Map<number, string[]>()
  for (const name of names) {
    const jobId = jobOfSegment(name)
    if (jobId !== undefined) byJob.set(jobId, [...(byJob.get(jobId) ?? []), `${folder}/${name}`])
  }
  return byJob
}

/** The files that a log consists of. A log without its data key is gone: nobody can open its files. */
async function namedSegments(redis: StoreClient, jobId: number): Promise<Set<string>> {
  const [hasKey, indexed] = await storeAnswer(
    Promise.all([
      redis.exists(redis.keyspace.job(jobId, 'dataKey')),
      redis.zrange(redis.keyspace.job(jobId, 'segments'), '0', '-1'),
    ]),
  )
  if (hasKey === 1) return new Set(indexed.map((text) => parseIndexed(jobId, text).file))
  // A version that knows no segments has ended the job, or removed its messages.
  if (indexed.length > 0) await storeAnswer(redis.del(redis.keyspace.job(jobId, 'segments')))
  return new Set()
}
