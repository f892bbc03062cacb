import type { StoreClient } from '../keys.ts'
import { runScript } from '../script.ts'
import { announceWorkerScript, countWorkersScript } from './workers.lua.ts'

/** How long a worker counts as alive without a new report, ms. */
const presenceMs = 30_000

const keysOf = ({ keyspace }: StoreClient) => ({ workersKey: keyspace.workers })

/** Reports that a worker is alive. Workers repeat this every 10 s. */
export async function announceWorker(redis: StoreClient, workerId: string): Promise<void> {
  await runScript(redis, announceWorkerScript, { keys: keysOf(redis), args: { workerId, presenceMs } })
}

/** After an orderly end, a worker no longer counts, at once. */
export async function withdrawWorker(redis: StoreClient, workerId: string): Promise<void> {
  await redis.zrem(redis.keyspace.workers, workerId)
}

/** Whether any worker is alive. One that died still counts for half a minute. */
export async function hasWorkers(redis: StoreClient): Promise<boolean> {
  return (await runScript(redis, countWorkersScript, { keys: keysOf(redis) })) > 0
}
