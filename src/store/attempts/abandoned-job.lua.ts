import Type from 'typebox'
import { endedFunction, redisTimeFunction } from '../lua-functions.ts'
import { defineScript } from '../script.ts'

/**
 * Decides whether a job is abandoned: its readers have been gone for longer than its grace. Then it requests the job's
 * end, which the reconciler or the attempt carries out. Nobody can renew a lease while Redis is down, so each lease
 * counts from the start of Redis at the earliest.
 *
 * Replies why the job's end has been requested, now or before; '' if it has not, or the job has ended.
 */
export const markAbandonedScript = defineScript({
  name: 'syncMarkAbandoned',
  keys: ['recordKey'],
  args: ['now'],
  reply: Type.String(),
  lua: `${endedFunction}${redisTimeFunction}
local function startedAt()
  local info = redis.pcall('INFO', 'server')
  local uptime = type(info) == 'string' and string.match(info, 'uptime_in_seconds:(%d+)')
  return uptime and redisTime() - tonumber(uptime) * 1000 or 0
end

local status, cancelReason, graceMs, readersUntil, leaseMs = unpack(redis.call(
  'HMGET', recordKey, 'status', 'cancelReason', 'graceMs', 'readersUntil', 'leaseMs'))
if not status or ended(status) then return '' end
if cancelReason or not graceMs then return cancelReason or '' end
local leasedUntil = math.max(tonumber(readersUntil), startedAt() + tonumber(leaseMs or 0))
if redisTime() <= leasedUntil + tonumber(graceMs) then return '' end
redis.call('HSET', recordKey, 'cancelReason', 'abandoned', 'lastUpdatedAt', now)
return 'abandoned'
`,
})
