import { readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { storeAnswer } from '../availability.ts'
import { isFinal } from '../job.ts'
import type { StoreClient } from '../keys.ts'
import { machineDisk } from '../segments/segment-disk.ts'
import { jobOfSegment } from '../segments/segment-name.ts'
import { removeAcknowledged } from './remove-acknowledged.ts'

interface DiskRoomOptions {
  redis: StoreClient
  /** `DATA_DIR/segments` */
  root: string
  /** The service's folder below it; nothing outside it is ever touched. */
  ownFolder(): string | undefined
}

interface JobFiles {
  jobId: number
  names: string[]
  bytes: number
}

/**
 * Removes files where there is no room for new ones: first those of logs past their retention, or deleted, then those of
 * logs that their clients have acknowledged wholly, oldest first. Others stay, whatever happens.
 *
 * The files of a log past its retention could have stayed two hours, for a Redis that goes back in time. But even such a
 * Redis finds that the retention is over, because it keeps the time at which it ends. After a deletion or a wholly
 * acknowledged log it may name the files again; then reading them tells that they are lost.
 *
 * @returns a function that returns bytes that are free now
 */
export function createDiskRoom({ redis, root, ownFolder }: DiskRoomOptions): (bytes: number) => Promise<number> {
  return async (bytes) => {
    const folder = ownFolder()
    if (folder === undefined) return 0
    let freed = 0
    const remove = async ({ names, bytes: size }: JobFiles) => {
      for (const name of names) await machineDisk.remove(join(root, folder, name))
      freed += size
    }
    const acknowledged: JobFiles[] = []
    for (const files of await filesByJob(join(root, folder))) {
      const state = await stateOfLog(redis, files.jobId)
      if (state === 'gone') await remove(files)
      if (state === 'acknowledged') acknowledged.push(files)
    }
    for (const files of acknowledged) {
      if (freed >= bytes) break
      if (await removeAcknowledged(redis, files.jobId)) await remove(files)
    }
    return freed
  }
}

/** Oldest job first. */
async function filesByJob(folder: string): Promise<JobFiles[]> {
  const byJob = new Map<number, JobFiles>()
  for (const name of await readdir(folder)) {
    const jobId = jobOfSegment(name)
    if (jobId === undefined) continue
    const { names, bytes } = byJob.get(jobId) ?? { names: [], bytes: 0 }
    const size = (await stat(join(folder, name)).catch(() => undefined))?.size ?? 0
    byJob.set(jobId, { jobId, names: [...names, name], bytes: bytes + size })
  }
  return [...byJob.values()].toSorted((one, other) => one.jobId - other.jobId)
}

/** A job without a record proves nothing: its Redis may have gone back to before the job, and come back. */
async function stateOfLog(redis: StoreClient, jobId: number): Promise<'gone' | 'acknowledged' | 'kept'> {
  const [[status, messages, acked], hasKey] = await storeAnswer(
    Promise.all([
      redis.hmget(redis.keyspace.job(jobId, 'record'), 'status', 'messages', 'ackedOffset'),
      redis.exists(redis.keyspace.job(jobId, 'dataKey')),
    ]),
  )
  if (!status || !isFinal(status)) return 'kept'
  if (hasKey === 0) return 'gone'
  return Number(acked ?? -1) >= Number(messages) ? 'acknowledged' : 'kept'
}
