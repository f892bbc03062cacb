import Type from 'typebox'
import { defineScript } from '../script.ts'
import { tellFunctions } from './tell.lua.ts'

/** Leaves the event of a job that ended without one. Replies TOLD, or KNOWN when it has left one meanwhile. */
export const tellEndScript = defineScript({
  name: 'webhooksTellEnd',
  keys: ['recordKey', 'connectionKey', 'eventsKey'],
  args: ['status', 'about'],
  reply: Type.Enum(['TOLD', 'KNOWN']),
  lua: `${tellFunctions}
local latest, told, jobType = unpack(redis.call('HMGET', recordKey, 'status', 'told', 'jobType'))
if latest ~= status or told then return 'KNOWN' end
redis.call('HSET', recordKey, 'told', 1)
tell(eventsKey, connectionKey, 'job.' .. status, about)
if jobType ~= 'refresh' then tellHealth(eventsKey, connectionKey, about) end
return 'TOLD'
`,
})
