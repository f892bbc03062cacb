import Type from 'typebox'
import { endedFunction, runIdFunction } from './lua-functions.ts'
import { defineScript } from './script.ts'

/**
 * Whether a job's log may lack its latest messages: Redis is another process than the one that took the last commit. The
 * log of an ended job is whole.
 *
 * Replies 1 or 0.
 */
export const mayHaveGoneBackScript = defineScript({
  name: 'syncMayHaveGoneBack',
  keys: ['recordKey'],
  reply: Type.Integer(),
  lua: `${endedFunction}${runIdFunction}
local status, runIdOfLog = unpack(redis.call('HMGET', recordKey, 'status', 'runId'))
return status and not ended(status) and runIdOfLog and runIdOfLog ~= runId() and 1 or 0
`,
})
