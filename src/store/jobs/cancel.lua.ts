import { endedFunction, type Script } from '../script.ts'

/**
 * Asks for the end of a job. The first reason stays.
 *
 * KEYS: record. ARGV: cancel channel, now, reason, job id.
 * Returns REQUESTED, ENDED or MISSING.
 */
export const cancelScript: Script = {
  name: 'syncCancel',
  lua: `${endedFunction}
local status = redis.call('HGET', KEYS[1], 'status')
if not status then return 'MISSING' end
if ended(status) then return 'ENDED' end
if redis.call('HSETNX', KEYS[1], 'cancelReason', ARGV[3]) == 1 then
  redis.call('HSET', KEYS[1], 'lastUpdatedAt', ARGV[2])
end
redis.call('PUBLISH', ARGV[1], ARGV[4])
return 'REQUESTED'
`,
}
