import type { Redis } from 'ioredis'
import { sharedKeys } from '../keys.ts'
import { runScript } from '../script.ts'
import { announceWorkerScript, countWorkersScript } from './workers.lua.ts'

/** How long a worker counts as there without saying so again, ms. */
const presenceMs = 30_000

const keys = { workersKey: sharedKeys.workers }

/** Says that a worker is there. Workers say it again every 10 s. */
export async function announceWorker(redis: Redis, workerId: string): Promise<void> {
  await runScript(redis, announceWorkerScript, { keys, args: { workerId, presenceMs } })
}

/** A worker that ends in order counts no longer at once. */
export async function withdrawWorker(redis: Redis, workerId: string): Promise<void> {
  await redis.zrem(sharedKeys.workers, workerId)
}

/** Whether any worker is there. One that died counts for another half minute. */
export async function hasWorkers(redis: Redis): Promise<boolean> {
  return (await runScript(redis, countWorkersScript, { keys })) > 0
}
