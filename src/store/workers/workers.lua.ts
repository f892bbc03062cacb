import Type from 'typebox'
import { redisTimeFunction } from '../lua-functions.ts'
import { defineScript } from '../script.ts'

/** A worker reports that it is alive, for this long. */
export const announceWorkerScript = defineScript({
  name: 'syncAnnounceWorker',
  keys: ['workersKey'],
  args: ['workerId', 'presenceMs'],
  reply: Type.Integer(),
  lua: `${redisTimeFunction}
local now = redisTime()
redis.call('ZADD', workersKey, string.format('%.0f', now + presenceMs), workerId)
redis.call('ZREMRANGEBYSCORE', workersKey, '-inf', string.format('(%.0f', now))
return 1
`,
})

/** Replies how many workers are alive. */
export const countWorkersScript = defineScript({
  name: 'syncCountWorkers',
  keys: ['workersKey'],
  reply: Type.Integer(),
  lua: `${redisTimeFunction}
return redis.call('ZCOUNT', workersKey, string.format('%.0f', redisTime()), '+inf')
`,
})
