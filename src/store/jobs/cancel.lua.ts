import Type from 'typebox'
import { endedFunction } from '../lua-functions.ts'
import { defineScript } from '../script.ts'

/** Requests the end of a job. The first reason stays. Replies REQUESTED, ENDED or MISSING. */
export const cancelScript = defineScript({
  name: 'syncCancel',
  keys: ['recordKey'],
  args: ['cancelChannel', 'now', 'reason', 'jobId'],
  reply: Type.Enum(['REQUESTED', 'ENDED', 'MISSING']),
  lua: `${endedFunction}
local status = redis.call('HGET', recordKey, 'status')
if not status then return 'MISSING' end
if ended(status) then return 'ENDED' end
redis.call('PUBLISH', cancelChannel, jobId)
if redis.call('HSETNX', recordKey, 'cancelReason', reason) == 1 then
  redis.call('HSET', recordKey, 'lastUpdatedAt', now)
end
return 'REQUESTED'
`,
})
