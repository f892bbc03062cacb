import { redisTimeFunction, runIdFunction, type Script } from '../script.ts'

/**
 * Gives out the next job id and puts it among the live jobs, before anything else of the job exists: whatever dies
 * afterwards, the reconciler finds the id.
 *
 * A Redis that was restored, or has lost its data, would give ids out again. So another Redis process than the last one
 * goes on from the time, in hundredths of seconds since 2026: as long as fewer than a hundred jobs a second are made
 * between two starts, that is above every id that was ever given out.
 *
 * KEYS: last id, live jobs, the Redis process that gave out the last id. ARGV: now. Returns the id.
 */
export const allotScript: Script = {
  name: 'syncAllot',
  lua: `${redisTimeFunction}${runIdFunction}
local id = redis.call('INCR', KEYS[1])
local current = runId()
if redis.call('GET', KEYS[3]) ~= current then
  id = math.max(id, math.floor((redisTime() - 1767225600000) / 10))
  redis.call('SET', KEYS[1], string.format('%.0f', id))
  redis.call('SET', KEYS[3], current)
end
redis.call('ZADD', KEYS[2], ARGV[1], string.format('%.0f', id))
return id
`,
}
