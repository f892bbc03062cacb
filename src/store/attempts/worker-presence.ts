import type { Redis } from 'ioredis'
import { sharedKeys } from '../keys.ts'
import { runScript } from '../script.ts'
import { announceWorkerScript, countWorkersScript } from './workers.lua.ts'

/** How long a worker counts as there without saying so again, ms. */
const presenceMs = 30_000

const keys = { workersKey: sharedKeys.workers }

/** Says that a worker is there; to be said again every 10 s. */
export async function announceWorker(redis: Redis, workerId: string): Promise<void> {
  await runScript(redis, announceWorkerScript, { keys, args: { workerId, presenceMs } })
}

/** A worker that ends in order is gone at once. */
export async function withdrawWorker(redis: Redis, workerId: string): Promise<void> {
  await redis.zrem(sharedKeys.workers, workerId)
}

/** Whether any worker is there; one that died is believed for half a minute. */
export async function hasWorkers(redis: Redis): Promise<boolean> {
  return (await runScript(redis, countWorkersScript, { keys })) > 0
}
