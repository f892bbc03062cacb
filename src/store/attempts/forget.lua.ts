import { endedFunction, type Script } from '../script.ts'

/**
 * Takes a job that has ended, or was never written, from the live ones. It looks for itself: whoever saw the job end may
 * have seen it in a Redis that has gone back in time since.
 *
 * KEYS: live jobs, record. ARGV: job id. Returns 1 when it is gone from there.
 */
export const forgetScript: Script = {
  name: 'syncForget',
  lua: `${endedFunction}
local status = redis.call('HGET', KEYS[2], 'status')
if status and not ended(status) then return 0 end
return redis.call('ZREM', KEYS[1], ARGV[1])
`,
}
