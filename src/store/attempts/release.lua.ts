import { endedFunction, type Script } from '../script.ts'

/**
 * Says that an attempt is over and another follows. Does nothing when somebody has asked for the job's end meanwhile:
 * the attempt must then end it, since nobody else would before the next attempt.
 *
 * KEYS: record.
 * ARGV: channel, now, fence, attempt id, 'counted' or 'uncounted' (an orderly shutdown does not count as one without progress),
 * last failure (JSON) or ''.
 * Returns [RELEASED], [CANCELLED, reason], [ENDED] or [FENCED].
 */
export const releaseScript: Script = {
  name: 'syncRelease',
  lua: `${endedFunction}
local record = redis.call('HMGET', KEYS[1], 'status', 'fence', 'idleAttempts', 'cancelReason', 'attemptId')
if not record[1] or ended(record[1]) then return {'ENDED'} end
if tonumber(record[2]) > tonumber(ARGV[3]) then return {'FENCED'} end
-- Numbers come again when Redis goes back in time; a lower one may be that of an attempt after this one.
if record[5] ~= ARGV[4] then return {'FENCED'} end
if record[4] then return {'CANCELLED', record[4]} end
if record[1] ~= 'running' then return {'RELEASED'} end

redis.call('HSET', KEYS[1], 'status', 'incomplete', 'lastUpdatedAt', ARGV[2])
if ARGV[5] == 'uncounted' and tonumber(record[3]) > 0 then redis.call('HINCRBY', KEYS[1], 'idleAttempts', -1) end
if ARGV[6] ~= '' then redis.call('HSET', KEYS[1], 'lastFailure', ARGV[6]) end
redis.call('PUBLISH', ARGV[1], 'incomplete')
return {'RELEASED'}
`,
}
