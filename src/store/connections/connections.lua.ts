import Type, { type Static } from 'typebox'
import { activeJobFunction, endedFunction, releaseRecordFunction } from '../lua-functions.ts'
import { setScheduleFunction } from '../schedules/due.lua.ts'
import { defineScript } from '../script.ts'
import { deliveryKeys, removeDeliveriesFunction } from '../webhooks/deliveries.lua.ts'
import { takeTokenFunctions } from './token.lua.ts'

/** The fields of a connection's record that hold what people say about it beside its settings. */
export const saidFields = ['schedule', 'fullRefresh', 'ack', 'paused', 'webhooks']

/**
 * Makes a connection, or replaces what people say about it. Its state goes only when that is wanted, and no job has the
 * connection.
 *
 * Replies [CREATED], [REPLACED], [CHANGED] when something else is stored than what is expected, [EXISTS] when it was to
 * be made and is there, [OTHER, workspace] when its data is of another workspace, or [BUSY, job id] when a job keeps the
 * state from being reset.
 */
export const putConnectionScript = defineScript({
  name: 'syncPutConnection',
  keys: [
    'recordKey',
    'statesKey',
    'connectionIndexKey',
    'lastGenerationKey',
    'scheduledKey',
    'tellingKey',
    ...deliveryKeys,
  ],
  args: [
    'now',
    'connectionId',
    /** Sealed. */
    'settings',
    /** Sealed; '' = any, or none. */
    'expected',
    /** The digest of the rest of what people say, see `saidFields`. */
    'expectedRest',
    /** '1' or ''. */
    'mustBeNew',
    /** What the check of these settings has found, JSON; '' for none. */
    'check',
    /** How it has got its access token, as text that names these settings; '' when nobody knows. */
    'access',
    /** '1' or '0': whether a file of the operator declares it; '' = as it is. */
    'declared',
    /** JSON; '' for none. */
    'schedule',
    /** JSON; '' for none. */
    'fullRefresh',
    'ack',
    /** '1' or '0'; '' = as it is. */
    'paused',
    /** In the set of connections that have a schedule, and of those that have webhooks. */
    'name',
    /** Sealed; '' for none. */
    'webhooks',
    /** Which events they want, with a blank before and behind each. */
    'webhookEvents',
    /** What stands before the id of a delivery where all connections' are found. */
    'owner',
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
    Type.Tuple([Type.Enum(['CREATED', 'REPLACED', 'CHANGED', 'EXISTS'])]),
    Type.Tuple([Type.Enum(['OTHER', 'BUSY']), Type.String()]),
  ]),
  lua: `${endedFunction}${activeJobFunction}${setScheduleFunction}${takeTokenFunctions}${removeDeliveriesFunction}
local created = redis.call('EXISTS', recordKey) == 0
if mustBeNew ~= '' and not created then return {'EXISTS'} end
if expected ~= '' then
  if redis.call('HGET', recordKey, 'settings') ~= expected then return {'CHANGED'} end
  local said = redis.call('HMGET', recordKey, ${saidFields.map((name) => `'${name}'`).join(', ')})
  for place = 1, #said do said[place] = said[place] or '' end
  if redis.sha1hex(table.concat(said, '\\n')) ~= expectedRest then return {'CHANGED'} end
end
local refusal = refuseToken(recordKey, workspaceId, resetState, beforeId, afterId)
if refusal then return refusal end
local isSame = redis.call('HGET', recordKey, 'settings') == sameToken
redis.call('HSET', recordKey, 'settings', settings, 'lastUpdatedAt', now, 'ack', ack)
if check ~= '' then redis.call('HSET', recordKey, 'check', check) else redis.call('HDEL', recordKey, 'check') end
if access ~= '' then redis.call('HSET', recordKey, 'access', access) else redis.call('HDEL', recordKey, 'access') end
if declared == '1' then redis.call('HSET', recordKey, 'declared', 1) end
if declared == '0' then redis.call('HDEL', recordKey, 'declared') end
setSchedule(recordKey, 'schedule', 'scheduleSetAt', 'lastDue', schedule, now)
setSchedule(recordKey, 'fullRefresh', 'fullRefreshSetAt', 'lastFullRefreshDue', fullRefresh, now)
if paused ~= '' then setPaused(recordKey, paused, now) end
if not isSame then signedIn(recordKey, now) end
takeWorkspace(recordKey, statesKey, lastGenerationKey, workspaceId, resetState)
if schedule ~= '' or fullRefresh ~= '' then
  redis.call('ZADD', scheduledKey, 0, name)
else
  redis.call('ZREM', scheduledKey, name)
end
if webhooks ~= '' then
  redis.call('HSET', recordKey, 'webhooks', webhooks, 'webhookEvents', webhookEvents)
  redis.call('HSETNX', recordKey, 'webhooksSince', now)
  redis.call('ZADD', tellingKey, 0, name)
else
  redis.call('HDEL', recordKey, 'webhooks', 'webhookEvents', 'webhooksSince')
  redis.call('ZREM', tellingKey, name)
end
if not created then return {'REPLACED'} end
-- A version that knows no deliveries may have removed a connection of this name.
removeDeliveries(deliveriesKey, orderKey, dueKey, pendingKey, failedKey, owner)
redis.call('HSET', recordKey, 'createdAt', now, 'generation', redis.call('INCR', lastGenerationKey))
redis.call('ZADD', connectionIndexKey, 0, connectionId)
return {'CREATED'}
`,
})

/**
 * Notes what a check of a connection's settings has found, unless they have been replaced since. The first check that
 * knows decides whose data it is.
 */
export const noteCheckScript = defineScript({
  name: 'syncNoteCheck',
  keys: ['recordKey'],
  args: [
    /** SHA-1 of the sealed settings that were checked. */
    'settingsDigest',
    /** JSON. */
    'check',
    /** Whose token they have; '' when nobody knows. */
    'workspaceId',
  ],
  reply: Type.Enum(['DONE', 'CHANGED']),
  lua: `
local settings = redis.call('HGET', recordKey, 'settings')
if not settings or redis.sha1hex(settings) ~= settingsDigest then return 'CHANGED' end
redis.call('HSET', recordKey, 'check', check)
if workspaceId ~= '' then redis.call('HSETNX', recordKey, 'workspace', workspaceId) end
return 'DONE'
`,
})

/** The result of a change that is forbidden while a job has the connection. */
export const changeReply = Type.Union([
  Type.Tuple([Type.Enum(['DONE', 'MISSING'])]),
  Type.Tuple([Type.Literal('BUSY'), Type.String()]),
])
export type ChangeReply = Static<typeof changeReply>

/**
 * Removes a connection, its state and its deliveries, unless a job has it. The records of its jobs are kept as long as those of others
 * from now on. Replies [DONE], [MISSING] or [BUSY, job id].
 */
export const removeConnectionScript = defineScript({
  name: 'syncRemoveConnection',
  keys: ['recordKey', 'statesKey', 'connectionIndexKey', 'jobsKey', 'scheduledKey', 'tellingKey', ...deliveryKeys],
  args: [
    'connectionId',
    /** In the set of connections that have a schedule, and of those that have webhooks. */
    'name',
    /** What stands before the id of a delivery where all connections' are found. */
    'owner',
    'recordRetentionMs',
    /** The parts before and after a job's id in the key of its record. */
    'beforeId',
    'afterId',
  ],
  reply: changeReply,
  lua: `${endedFunction}${activeJobFunction}${releaseRecordFunction}${removeDeliveriesFunction}
if redis.call('EXISTS', recordKey) == 0 then return {'MISSING'} end
local active = activeJob(recordKey, beforeId, afterId)
if active then return {'BUSY', active} end
for _, id in ipairs(redis.call('LRANGE', jobsKey, 0, -1)) do
  releaseRecord(beforeId .. id .. afterId, recordRetentionMs)
end
redis.call('DEL', recordKey, statesKey, jobsKey)
removeDeliveries(deliveriesKey, orderKey, dueKey, pendingKey, failedKey, owner)
redis.call('ZREM', scheduledKey, name)
redis.call('ZREM', tellingKey, name)
redis.call('ZREM', connectionIndexKey, connectionId)
return {'DONE'}
`,
})
