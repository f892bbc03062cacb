import Type, { type Static } from 'typebox'
import { activeJobFunction, endedFunction, releaseRecordFunction } from '../lua-functions.ts'
import { setScheduleFunction } from '../schedules/due.lua.ts'
import { defineScript } from '../script.ts'
import { removeDeliveriesFunction } from '../webhooks/deliveries.lua.ts'

/**
 * Makes a connection, or replaces its settings, its schedule and its webhooks, and nothing else. Replies CREATED, REPLACED,
 * or CHANGED when other settings or webhooks are stored than those expected.
 */
export const putConnectionScript = defineScript({
  name: 'syncPutConnection',
  keys: [
    'recordKey',
    'connectionIndexKey',
    'lastGenerationKey',
    'scheduledKey',
    'tellingKey',
    'deliveriesKey',
    'orderKey',
    'dueKey',
    'pendingKey',
    'failedKey',
  ],
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
    /** In the set of connections that have a schedule, and of those that have webhooks. */
    'name',
    /** Sealed; '' for none. */
    'webhooks',
    /** Sealed; '' for none, '*' for any. */
    'expectedWebhooks',
    /** Which events they want, with a blank before and behind each. */
    'webhookEvents',
    /** What stands before the id of a delivery where all connections' are found. */
    'owner',
  ],
  reply: Type.Enum(['CREATED', 'REPLACED', 'CHANGED']),
  lua: `${setScheduleFunction}${removeDeliveriesFunction}
if expected ~= '' and redis.call('HGET', recordKey, 'settings') ~= expected then return 'CHANGED' end
if expectedWebhooks ~= '*' and (redis.call('HGET', recordKey, 'webhooks') or '') ~= expectedWebhooks then
  return 'CHANGED'
end
local created = redis.call('EXISTS', recordKey) == 0
redis.call('HSET', recordKey, 'settings', settings, 'lastUpdatedAt', now, 'ack', ack)
setSchedule(recordKey, 'schedule', 'scheduleSetAt', 'lastDue', schedule, now)
setSchedule(recordKey, 'fullRefresh', 'fullRefreshSetAt', 'lastFullRefreshDue', fullRefresh, now)
if paused ~= '' then setPaused(recordKey, paused, now) end
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
if not created then return 'REPLACED' end
-- A version that knows no deliveries may have removed a connection of this name.
removeDeliveries(deliveriesKey, orderKey, dueKey, pendingKey, failedKey, owner)
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
 * Removes a connection, its state and its deliveries, unless a job has it. The records of its jobs are kept as long as those of others
 * from now on. Replies [DONE], [MISSING] or [BUSY, job id].
 */
export const removeConnectionScript = defineScript({
  name: 'syncRemoveConnection',
  keys: [
    'recordKey',
    'statesKey',
    'connectionIndexKey',
    'jobsKey',
    'scheduledKey',
    'tellingKey',
    'deliveriesKey',
    'orderKey',
    'dueKey',
    'pendingKey',
    'failedKey',
  ],
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
