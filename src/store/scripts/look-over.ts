import { endedFunction, redisTimeFunction, type Script } from './script.ts'

/**
 * What the reconciler wants to know of a job. On the way it asks for the end of a job whose readers are gone for longer
 * than its grace.
 *
 * KEYS: record. ARGV: now.
 * Returns [MISSING], [ENDED] or [LIVE, status, fence, cancel reason or ''].
 */
export const lookOverScript: Script = {
  name: 'syncLookOver',
  lua: `${endedFunction}${redisTimeFunction}
local record = redis.call('HMGET', KEYS[1], 'status', 'fence', 'cancelReason', 'graceMs', 'readersUntil')
if not record[1] then return {'MISSING'} end
if ended(record[1]) then return {'ENDED'} end
local reason = record[3] or ''
if reason == '' and record[4] and redisTime() > tonumber(record[5]) + tonumber(record[4]) then
  reason = 'abandoned'
  redis.call('HSET', KEYS[1], 'cancelReason', reason, 'lastUpdatedAt', ARGV[1])
end
return {'LIVE', record[1], record[2], reason}
`,
}
