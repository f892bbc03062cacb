import { endedFunction, redisTimeFunction, type Script } from '../script.ts'

/**
 * What the reconciler wants to know of a job. On the way it asks for the end of a job whose readers are gone for longer
 * than its grace. Nobody can renew a lease while Redis is away, so each lease counts from its start at the earliest.
 *
 * KEYS: record. ARGV: now.
 * Returns [MISSING], [ENDED] or [LIVE, status, fence, cancel reason or ''].
 */
export const lookOverScript: Script = {
  name: 'syncLookOver',
  lua: `${endedFunction}${redisTimeFunction}
local function startedAt()
  local info = redis.pcall('INFO', 'server')
  local uptime = type(info) == 'string' and string.match(info, 'uptime_in_seconds:(%d+)')
  return uptime and redisTime() - tonumber(uptime) * 1000 or 0
end

local record = redis.call('HMGET', KEYS[1], 'status', 'fence', 'cancelReason', 'graceMs', 'readersUntil', 'leaseMs')
if not record[1] then return {'MISSING'} end
if ended(record[1]) then return {'ENDED'} end
local reason = record[3] or ''
if reason == '' and record[4] then
  local readersUntil = math.max(tonumber(record[5]), startedAt() + tonumber(record[6] or 0))
  if redisTime() > readersUntil + tonumber(record[4]) then
    reason = 'abandoned'
    redis.call('HSET', KEYS[1], 'cancelReason', reason, 'lastUpdatedAt', ARGV[1])
  end
end
return {'LIVE', record[1], record[2], reason}
`,
}
