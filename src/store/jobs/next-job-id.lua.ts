import Type from 'typebox'
import { redisTimeFunction, runIdFunction } from '../lua-functions.ts'
import { defineScript } from '../script.ts'

/**
 * Gives out the next job id and puts it among the live jobs, before anything else of the job exists. So the reconciler
 * finds the id, whatever dies afterwards.
 *
 * A Redis that was restored, or has lost its data, would give ids out again. So if Redis is another process than the
 * last one, ids continue from the time, in milliseconds since 2026. That is above every id that was ever given
 * out, as long as fewer than a thousand jobs a second are made between two starts.
 *
 * Replies the id.
 */
export const nextJobIdScript = defineScript({
  name: 'syncNextJobId',
  keys: ['lastIdKey', 'liveJobsKey', 'lastRunIdKey'],
  args: ['now'],
  reply: Type.Integer(),
  lua: `${redisTimeFunction}${runIdFunction}
local id = redis.call('INCR', lastIdKey)
local current = runId()
if redis.call('GET', lastRunIdKey) ~= current then
  id = math.max(id, redisTime() - 1767225600000)
  redis.call('SET', lastIdKey, string.format('%.0f', id))
  redis.call('SET', lastRunIdKey, current)
end
redis.call('ZADD', liveJobsKey, now, string.format('%.0f', id))
return id
`,
})
