import Type from 'typebox'
import { defineScript } from '../script.ts'

/** Takes a lease or renews it, unless somebody else has it. Replies 1 when the caller has it. */
export const holdLeaseScript = defineScript({
  name: 'scrollLeaseHold',
  keys: ['leaseKey'],
  args: ['holder', 'timeToLiveMs'],
  reply: Type.Integer(),
  lua: `
local current = redis.call('GET', leaseKey)
if current and current ~= holder then return 0 end
redis.call('SET', leaseKey, holder, 'PX', timeToLiveMs)
return 1
`,
})

/** Gives a lease back. */
export const releaseLeaseScript = defineScript({
  name: 'scrollLeaseRelease',
  keys: ['leaseKey'],
  args: ['holder'],
  reply: Type.Integer(),
  lua: `
if redis.call('GET', leaseKey) == holder then redis.call('DEL', leaseKey) end
return 1
`,
})
