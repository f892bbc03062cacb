import type { Redis } from 'ioredis'
import { sharedKeys } from './keys.ts'
import { redisTimeFunction, runScript, type Script } from './scripts/script.ts'

/** How long a worker counts as there without saying so again, ms. */
const presenceMs = 30_000

/** KEYS: workers. ARGV: worker id, ms. */
const announceScript: Script = {
  name: 'syncAnnounceWorker',
  lua: `${redisTimeFunction}
local now = redisTime()
redis.call('ZADD', KEYS[1], string.format('%.0f', now + ARGV[2]), ARGV[1])
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', string.format('(%.0f', now))
return 1
`,
}

/** KEYS: workers. Returns how many are there. */
const countScript: Script = {
  name: 'syncCountWorkers',
  lua: `${redisTimeFunction}
return redis.call('ZCOUNT', KEYS[1], string.format('%.0f', redisTime()), '+inf')
`,
}

/** Says that a worker is there; to be said again every 10 s. */
export async function announceWorker(redis: Redis, workerId: string): Promise<void> {
  await runScript(redis, announceScript, [sharedKeys.workers], [workerId, presenceMs])
}

/** A worker that ends in order is gone at once. */
export async function withdrawWorker(redis: Redis, workerId: string): Promise<void> {
  await redis.zrem(sharedKeys.workers, workerId)
}

/** Whether any worker is there; one that died is believed for half a minute. */
export async function hasWorkers(redis: Redis): Promise<boolean> {
  return Number(await runScript(redis, countScript, [sharedKeys.workers], [])) > 0
}
