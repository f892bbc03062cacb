import { redisTimeFunction, type Script } from '../script.ts'

/** A worker says that it is there. KEYS: workers. ARGV: worker id, ms for which it counts. */
export const announceWorkerScript: Script = {
  name: 'syncAnnounceWorker',
  lua: `${redisTimeFunction}
local now = redisTime()
redis.call('ZADD', KEYS[1], string.format('%.0f', now + ARGV[2]), ARGV[1])
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', string.format('(%.0f', now))
return 1
`,
}

/** KEYS: workers. Returns how many are there. */
export const countWorkersScript: Script = {
  name: 'syncCountWorkers',
  lua: `${redisTimeFunction}
return redis.call('ZCOUNT', KEYS[1], string.format('%.0f', redisTime()), '+inf')
`,
}
