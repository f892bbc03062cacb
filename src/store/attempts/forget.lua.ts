import Type from 'typebox'
import { endedFunction } from '../lua-functions.ts'
import { defineScript } from '../script.ts'

/**
 * Removes a job that has ended, or was never written, from the live ones. The script checks the record itself, because
 * the caller may have seen the job end in a Redis that has gone back in time since.
 *
 * Replies 1 when it was removed.
 */
export const forgetScript = defineScript({
  name: 'syncForget',
  keys: ['liveJobsKey', 'recordKey'],
  args: ['jobId'],
  reply: Type.Integer(),
  lua: `${endedFunction}
local status = redis.call('HGET', recordKey, 'status')
if status and not ended(status) then return 0 end
return redis.call('ZREM', liveJobsKey, jobId)
`,
})
