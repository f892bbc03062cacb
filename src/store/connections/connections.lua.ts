import Type, { type Static } from 'typebox'
import { activeJobFunction, endedFunction, releaseRecordFunction } from '../lua-functions.ts'
import { setScheduleFunction } from '../schedules/due.lua.ts'
import { defineScript } from '../script.ts'

/**
 * Makes a connection, or replaces its settings and its schedule, and nothing else. Replies CREATED, REPLACED, or CHANGED when other
 * settings are stored than those expected.
 */
export const putConnectionScript = defineScript({
  name: 'syncPutConnection',
  keys: ['recordKey', 'connectionIndexKey', 'lastGenerationKey', 'scheduledKey'],
  args: [
    'now',
    'connectionId',
    /** Sealed. */
    'settings',
    /** Sealed; '' = any, or none. */
    'expected',
    /** JSON; '' for none. */
    'schedule',
    /** JSON; '' for none. */
    'fullRefresh',
    'ack',
    /** '1' or '0'; '' = as it is. */
    'paused',
    /** In the set of connections that have a schedule. */
    'scheduledName',
  ],
  reply: Type.Enum(['CREATED', 'REPLACED', 'CHANGED']),
  lua: `${setScheduleFunction}
if expected ~= '' and redis.call('HGET', recordKey, 'settings') ~= expected then return 'CHANGED' end
local created = redis.call('EXISTS', recordKey) == 0
redis.call('HSET', recordKey, 'settings', settings, 'lastUpdatedAt', now, 'ack', ack)
setSchedule(recordKey, 'schedule', 'scheduleSetAt', 'lastDue', schedule, now)
setSchedule(recordKey, 'fullRefresh', 'fullRefreshSetAt', 'lastFullRefreshDue', fullRefresh, now)
if paused ~= '' then setPaused(recordKey, paused, now) end
if schedule ~= '' or fullRefresh ~= '' then
  redis.call('ZADD', scheduledKey, 0, scheduledName)
else
  redis.call('ZREM', scheduledKey, scheduledName)
end
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

/**
 * Removes a connection and its state, unless a job has it. The records of its jobs are kept as long as those of others
 * from now on. Replies [DONE], [MISSING] or [BUSY, job id].
 */
export const removeConnectionScript = defineScript({
  name: 'syncRemoveConnection',
  keys: ['recordKey', 'statesKey', 'connectionIndexKey', 'jobsKey', 'scheduledKey'],
  args: [
    'connectionId',
    /** In the set of connections that have a schedule. */
    'scheduledName',
    'recordRetentionMs',
    /** The parts before and after a job's id in the key of its record. */
    'beforeId',
    'afterId',
  ],
  reply: changeReply,
  lua: `${endedFunction}${activeJobFunction}${releaseRecordFunction}
if redis.call('EXISTS', recordKey) == 0 then return {'MISSING'} end
local active = activeJob(recordKey, beforeId, afterId)
if active then return {'BUSY', active} end
for _, id in ipairs(redis.call('LRANGE', jobsKey, 0, -1)) do
  releaseRecord(beforeId .. id .. afterId, recordRetentionMs)
end
redis.call('DEL', recordKey, statesKey, jobsKey)
redis.call('ZREM', scheduledKey, scheduledName)
redis.call('ZREM', connectionIndexKey, connectionId)
return {'DONE'}
`,
})
