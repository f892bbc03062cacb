import Type from 'typebox'
import { endedFunction, redisTimeFunction } from '../lua-functions.ts'
import { defineScript } from '../script.ts'

/**
 * Decides whether a job is abandoned: its readers have been gone for longer than its grace. Then it requests the job's
 * end, which the reconciler or the attempt carries out. Nobody can renew a lease while Redis is down, so each lease
 * counts from the start of Redis at the earliest.
 *
 * Replies why the job's end has been requested, now or before, '' if it has not, or the job has ended; and the ms that only
 * the start of Redis gives its readers from now, 0 for none.
 */
export const markAbandonedScript = defineScript({
  name: 'syncMarkAbandoned',
  keys: ['recordKey'],
  args: ['now'],
  reply: Type.Tuple([Type.String(), Type.Integer()]),
  lua: `${endedFunction}${redisTimeFunction}
local function startedAt()
  local info = redis.pcall('INFO', 'server')
  local uptime = type(info) == 'string' and string.match(info, 'uptime_in_seconds:(%d+)')
  return uptime and redisTime() - tonumber(uptime) * 1000 or 0
end

local status, cancelReason, graceMs, readersUntil, leaseMs = unpack(redis.call(
  'HMGET', recordKey, 'status', 'cancelReason', 'graceMs', 'readersUntil', 'leaseMs'))
if not status or ended(status) then return {'', 0} end
if cancelReason or not graceMs then return {cancelReason or '', 0} end
local redisNow = redisTime()
local left = tonumber(readersUntil) + tonumber(graceMs) - redisNow
if left >= 0 then return {'', 0} end
local leftByStart = startedAt() + tonumber(leaseMs or 0) + tonumber(graceMs) - redisNow
if leftByStart >= 0 then return {'', math.floor(leftByStart) + 1} end
redis.call('HSET', recordKey, 'cancelReason', 'abandoned', 'lastUpdatedAt', now)
return {'abandoned', 0}
`,
})
