import Type from 'typebox'
import { endedFunction, redisTimeFunction } from '../lua-functions.ts'
import { defineScript } from '../script.ts'

/**
 * Decides whether a job is abandoned: its readers have been gone for longer than its grace. Then it requests the job's
 * end, which the reconciler or the attempt carries out. Nobody can renew a lease while Redis is down, so each lease
 * counts from the start of Redis at the earliest.
 *
 * Replies [MISSING], [ENDED] or [LIVE, status, fence, cancel reason or ''].
 */
export const markAbandonedScript = defineScript({
  name: 'syncMarkAbandoned',
  keys: ['recordKey'],
  args: ['now'],
  reply: Type.Union([
    Type.Tuple([Type.Enum(['MISSING', 'ENDED'])]),
    Type.Tuple([Type.Literal('LIVE'), Type.String(), Type.String(), Type.String()]),
  ]),
  lua: `${endedFunction}${redisTimeFunction}
local function startedAt()
  local info = redis.pcall('INFO', 'server')
  local uptime = type(info) == 'string' and string.match(info, 'uptime_in_seconds:(%d+)')
  return uptime and redisTime() - tonumber(uptime) * 1000 or 0
end

local status, fence, cancelReason, graceMs, readersUntil, leaseMs = unpack(redis.call(
  'HMGET', recordKey, 'status', 'fence', 'cancelReason', 'graceMs', 'readersUntil', 'leaseMs'))
if not status then return {'MISSING'} end
if ended(status) then return {'ENDED'} end
local reason = cancelReason or ''
if reason == '' and graceMs then
  local leasedUntil = math.max(tonumber(readersUntil), startedAt() + tonumber(leaseMs or 0))
  if redisTime() > leasedUntil + tonumber(graceMs) then
    reason = 'abandoned'
    redis.call('HSET', recordKey, 'cancelReason', reason, 'lastUpdatedAt', now)
  end
end
return {'LIVE', status, fence, reason}
`,
})
