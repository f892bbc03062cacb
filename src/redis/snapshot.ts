import { existsSync } from 'node:fs'
import { rename } from 'node:fs/promises'
import { join } from 'node:path'
import type { Redis } from 'ioredis'
import type { Clock } from '../clock.ts'

/** What a folder of Redis holds: a snapshot that is alone is restored, one beside append-only files is passed over. */
export type SnapshotPlace = 'none' | 'alone' | 'beside-append-only-files'

export const snapshotName = 'dump.rdb'
const checkMs = 50

/** With append-only files Redis reads these alone, and without any it would begin empty, whatever snapshot there is. */
export function findSnapshot(directory: string): SnapshotPlace {
  if (!existsSync(join(directory, snapshotName))) return 'none'
  // The manifest is written last, so a restore that was cut off is begun again. Redis 6 has a single file.
  const appendOnly = [join(directory, 'appendonlydir', 'appendonly.aof.manifest'), join(directory, 'appendonly.aof')]
  return appendOnly.some((path) => existsSync(path)) ? 'beside-append-only-files' : 'alone'
}

/**
 * Goes over to append-only files in a Redis that was started without them and has read its snapshot; then the snapshot
 * is renamed, so that it is not taken for news at the next start.
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
 * Has Redis write a snapshot of what it holds at this moment. It goes on answering meanwhile.
 *
 * @param directory the folder in which it keeps its data
 * @returns the file, which is the caller's to remove
 * @throws Error when Redis cannot write it, or keeps nothing
 */
export async function saveSnapshot(redis: Redis, directory: string, clock: Clock): Promise<string> {
  // Redis lets nobody choose another name while it runs.
  const path = join(directory, snapshotName)
  if (existsSync(path)) throw new Error(`${path} is in the way: move it elsewhere first`)
  // SCHEDULE: while Redis rewrites its append-only file, the snapshot waits for its turn.
  await redis.bgsave('SCHEDULE')
  // Written aside and renamed: once the file is there it is whole.
  while (!existsSync(path)) {
    if (/rdb_last_bgsave_status:err/.test(await redis.info('persistence')))
      throw new Error(`Redis could not write a snapshot into ${directory}: is the disk full?`)
    await clock.sleep(checkMs)
  }
  return path
}
