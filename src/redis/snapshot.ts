import { existsSync } from 'node:fs'
import { rename } from 'node:fs/promises'
import { join } from 'node:path'
import type { Redis } from 'ioredis'
import type { Clock } from '../clock.ts'

/** The contents of a Redis folder: a snapshot alone is restored; a snapshot beside append-only files is ignored. */
export type SnapshotPlace = 'none' | 'alone' | 'beside-append-only-files'

export const snapshotName = 'dump.rdb'
const checkMs = 50

/**
 * If there are append-only files, Redis reads only these. Without any, it would begin empty, even if there is a
 * snapshot.
 */
export function findSnapshot(directory: string): SnapshotPlace {
  if (!existsSync(join(directory, snapshotName))) return 'none'
  // The manifest is written last, so a restore that was cut off is begun again. Redis 6 has a single file.
  const appendOnly = [join(directory, 'appendonlydir', 'appendonly.aof.manifest'), join(directory, 'appendonly.aof')]
  return appendOnly.some((path) => existsSync(path)) ? 'beside-append-only-files' : 'alone'
}

/**
 * Switches a Redis to append-only files that was started without them and has read its snapshot. Then renames the
 * snapshot, so that the next start does not take it for new data.
 *
 * @throws Error when Redis cannot write them
 */
export async function keepRestored(redis: Redis, directory: string, clock: Clock): Promise<void> {
  await redis.config('SET', 'appendonly', 'yes')
  for (;;) {
    const info = await redis.info('persistence')
    if (/aof_last_bgrewrite_status:err/.test(info))
      throw new Error(`Redis has read ${snapshotName} in ${directory}, and cannot write its own files there`)
    if (/aof_enabled:1/.test(info) && !/aof_rewrite_(in_progress|scheduled):1/.test(info)) break
    await clock.sleep(checkMs)
  }
  await rename(join(directory, snapshotName), join(directory, `${snapshotName}.restored`))
}

/**
 * Makes Redis write a snapshot of its present data. It keeps answering meanwhile.
 *
 * @param directory the folder in which it keeps its data
 * @returns the file, which the caller has to remove
 * @throws Error when Redis cannot write it, or keeps nothing
 */
export async function saveSnapshot(redis: Redis, directory: string, clock: Clock): Promise<string> {
  // Redis does not allow another name while it runs.
  const path = join(directory, snapshotName)
  if (existsSync(path)) throw new Error(`${path} is in the way: move it elsewhere first`)
  // SCHEDULE: while Redis rewrites its append-only file, the snapshot waits for its turn.
  await redis.bgsave('SCHEDULE')
  // Redis writes to another file and renames it, so once the file is there it is whole.
  while (!existsSync(path)) {
    if (/rdb_last_bgsave_status:err/.test(await redis.info('persistence')))
      throw new Error(`Redis could not write a snapshot into ${directory}: is the disk full?`)
    await clock.sleep(checkMs)
  }
  return path
}
