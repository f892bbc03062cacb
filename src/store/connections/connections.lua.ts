import Type, { type Static } from 'typebox'
import { activeJobFunction, endedFunction, releaseRecordFunction } from '../lua-functions.ts'
import { setScheduleFunction } from '../schedules/due.lua.ts'
import { defineScript } from '../script.ts'
import { takeTokenFunctions } from './token.lua.ts'

/**
 * Makes a connection, or replaces its settings and its schedule. Its state goes only when that is wanted, and no job has
 * the connection.
 *
 * Replies [CREATED], [REPLACED], [CHANGED] when other settings are stored than those expected, [OTHER, workspace] when
 * its data is of another workspace, or [BUSY, job id] when a job keeps the state from being reset.
 */
export const putConnectionScript = defineScript({
  name: 'syncPutConnection',
  keys: ['recordKey', 'statesKey', 'connectionIndexKey', 'lastGenerationKey', 'scheduledKey'],
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
    /** That the access token leads to; '' when nobody knows. */
    'workspaceId',
    /** '1' or ''. */
    'resetState',
    /** Settings that have the same access token, sealed; '' for none. */
    'sameToken',
    /** The parts before and after a job's id in the key of its record. */
    'beforeId',
    'afterId',
  ],
  reply: Type.Union([
    Type.Tuple([Type.Enum(['CREATED', 'REPLACED', 'CHANGED'])]),
    Type.Tuple([Type.Enum(['OTHER', 'BUSY']), Type.String()]),
  ]),
  lua: `${endedFunction}${activeJobFunction}${setScheduleFunction}${takeTokenFunctions}
if expected ~= '' and redis.call('HGET', recordKey, 'settings') ~= expected then return {'CHANGED'} end
local refusal = refuseToken(recordKey, workspaceId, resetState, beforeId, afterId)
if refusal then return refusal end
local isSame = redis.call('HGET', recordKey, 'settings') == sameToken
local created = redis.call('EXISTS', recordKey) == 0
redis.call('HSET', recordKey, 'settings', settings, 'lastUpdatedAt', now, 'ack', ack)
setSchedule(recordKey, 'schedule', 'scheduleSetAt', 'lastDue', schedule, now)
setSchedule(recordKey, 'fullRefresh', 'fullRefreshSetAt', 'lastFullRefreshDue', fullRefresh, now)
if paused ~= '' then setPaused(recordKey, paused, now) end
if not isSame then signedIn(recordKey, now) end
takeWorkspace(recordKey, statesKey, lastGenerationKey, workspaceId, resetState)
if schedule ~= '' or fullRefresh ~= '' then
  redis.call('ZADD', scheduledKey, 0, scheduledName)
else
  redis.call('ZREM', scheduledKey, scheduledName)
end
if not created then return {'REPLACED'} end
redis.call('HSET', recordKey, 'createdAt', now, 'generation', redis.call('INCR', lastGenerationKey))
redis.call('ZADD', connectionIndexKey, 0, connectionId)
return {'CREATED'}
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
