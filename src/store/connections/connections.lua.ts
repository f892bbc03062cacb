import Type, { type Static } from 'typebox'
import { activeJobFunction, endedFunction } from '../lua-functions.ts'
import { defineScript } from '../script.ts'

/**
 * Makes a connection, or replaces its settings and nothing else. Replies CREATED, REPLACED, or CHANGED when other
 * settings are stored than those expected.
 */
export const putConnectionScript = defineScript({
  name: 'syncPutConnection',
  keys: ['recordKey', 'connectionIndexKey', 'lastGenerationKey'],
  args: [
    'now',
    'connectionId',
    /** Sealed. */
    'settings',
    /** Sealed; '' = any, or none. */
    'expected',
  ],
  reply: Type.Enum(['CREATED', 'REPLACED', 'CHANGED']),
  lua: `
if expected ~= '' and redis.call('HGET', recordKey, 'settings') ~= expected then return 'CHANGED' end
local created = redis.call('EXISTS', recordKey) == 0
redis.call('HSET', recordKey, 'settings', settings, 'lastUpdatedAt', now)
if not created then return 'REPLACED' end
redis.call('HSET', recordKey, 'createdAt', now, 'generation', redis.call('INCR', lastGenerationKey))
redis.call('ZADD', connectionIndexKey, 0, connectionId)
return 'CREATED'
`,
})

/** The result of a change that is forbidden while a job has the connection. */
export const changeReply = Type.Union([
  Type.Tuple([Type.Enum(['DONE', 'MISSING'])]),
  Type.Tuple([Type.Literal('BUSY'), Type.String()]),
])
export type ChangeReply = Static<typeof changeReply>

/** Removes a connection and its state, unless a job has it. Replies [DONE], [MISSING] or [BUSY, job id]. */
export const removeConnectionScript = defineScript({
  name: 'syncRemoveConnection',
  keys: ['recordKey', 'statesKey', 'connectionIndexKey'],
  args: [
    'connectionId',
    /** The parts before and after a job's id in the key of its record. */
    'beforeId',
    'afterId',
  ],
  reply: changeReply,
  lua: `${endedFunction}${activeJobFunction}
if redis.call('EXISTS', recordKey) == 0 then return {'MISSING'} end
local active = activeJob(recordKey, beforeId, afterId)
if active then return {'BUSY', active} end
redis.call('DEL', recordKey, statesKey)
redis.call('ZREM', connectionIndexKey, connectionId)
return {'DONE'}
`,
})
