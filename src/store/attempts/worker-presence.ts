import type { Redis } from 'ioredis'
import { sharedKeys } from '../keys.ts'
import { runScript } from '../script.ts'
import { announceWorkerScript, countWorkersScript } from './workers.lua.ts'

/** How long a worker counts as alive without a new report, ms. */
const presenceMs = 30_000

const keys = { workersKey: sharedKeys.workers }

/** Reports that a worker is alive. Workers repeat this every 10 s. */
export async function announceWorker(redis: Redis, workerId: string): Promise<void> {
  await runScript(redis, announceWorkerScript, { keys, args: { workerId, presenceMs } })
}

/** After an orderly end, a worker no longer counts, at once. */
export async function withdrawWorker(redis: Redis, workerId: string): Promise<void> {
  await redis.zrem(sharedKeys.workers, workerId)
}

/** Whether any worker is alive. One that died still counts for half a minute. */
export async function hasWorkers(redis: Redis): Promise<boolean> {
  return (await runScript(redis, countWorkersScript, { keys })) > 0
}
