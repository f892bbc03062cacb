import Type from 'typebox'
import { activeJobFunction, endedFunction } from '../lua-functions.ts'
import { defineScript } from '../script.ts'
import { changeReply } from './connections.lua.ts'

const acknowledgeReply = Type.Union([
  Type.Tuple([Type.Enum(['GONE', 'SUPERSEDED', 'CHANGED'])]),
  Type.Tuple([Type.Literal('ACKNOWLEDGED'), Type.String()]),
])

/**
 * Sets a connection's state by hand, unless a job has the connection. Its new generation distinguishes the jobs that
 * began before from those that begin after.
 *
 * Replies [DONE], [MISSING] or [BUSY, job id].
 */
export const setStatesScript = defineScript({
  name: 'syncSetStates',
  keys: ['recordKey', 'statesKey', 'lastGenerationKey'],
  args: [
    /** The parts before and after a job's id in the key of its record. */
    'beforeId',
    'afterId',
    /** '' for all. */
    'onlyStream',
  ],
  entries: ['streamName', 'streamState'],
  reply: changeReply,
  lua: `${endedFunction}${activeJobFunction}
if redis.call('EXISTS', recordKey) == 0 then return {'MISSING'} end
local active = activeJob(recordKey, beforeId, afterId)
if active then return {'BUSY', active} end
redis.call('HSET', recordKey, 'generation', redis.call('INCR', lastGenerationKey))
if onlyStream == '' then
  redis.call('DEL', statesKey)
else
  redis.call('HDEL', statesKey, onlyStream)
end
for streamName, streamState in entries() do
  redis.call('HSET', statesKey, streamName, streamState)
end
return {'DONE'}
`,
})

/**
 * Notes with a job without a connection how many of its messages the client has; only forward.
 *
 * Replies [ACKNOWLEDGED, offset], [GONE], or [CHANGED] when the log is of another epoch or shorter.
 */
export const keepAcknowledgedScript = defineScript({
  name: 'syncKeepAcknowledged',
  keys: ['jobRecordKey', 'dataKeyKey'],
  args: [
    'offset',
    /** The epoch of the log that the messages are from. */
    'epoch',
  ],
  reply: acknowledgeReply,
  lua: `
local messages, latestEpoch, ackedOffset = unpack(redis.call(
  'HMGET', jobRecordKey, 'messages', 'epoch', 'ackedOffset'))
if not messages or redis.call('EXISTS', dataKeyKey) == 0 then return {'GONE'} end
if latestEpoch ~= epoch or tonumber(offset) > tonumber(messages) then return {'CHANGED'} end
if tonumber(offset) <= tonumber(ackedOffset or -1) then return {'ACKNOWLEDGED', ackedOffset} end
redis.call('HSET', jobRecordKey, 'ackedOffset', offset)
return {'ACKNOWLEDGED', offset}
`,
})

/**
 * Moves a connection's state to checkpoints of one of its jobs; within a job only forward. An offset that is not ahead
 * changes nothing. What the service has acknowledged itself, it has with all states there are.
 *
 * Replies [ACKNOWLEDGED, offset], [GONE], [SUPERSEDED], or [CHANGED] when the log is of another epoch or shorter.
 */
export const acknowledgeScript = defineScript({
  name: 'syncAcknowledge',
  keys: ['jobRecordKey', 'dataKeyKey', 'connectionKey', 'statesKey'],
  args: [
    'offset',
    'jobId',
    /** The epoch of the log that the checkpoints are from. */
    'epoch',
  ],
  entries: ['streamName', 'streamState'],
  reply: acknowledgeReply,
  lua: `
local messages, latestEpoch, generation, ackedOffset, serviceAckedOffset = unpack(redis.call(
  'HMGET', jobRecordKey, 'messages', 'epoch', 'generation', 'ackedOffset', 'serviceAckedOffset'))
if not messages or redis.call('EXISTS', dataKeyKey) == 0 then return {'GONE'} end
local latestGeneration, acknowledgedBy = unpack(redis.call(
  'HMGET', connectionKey, 'generation', 'acknowledgedBy'))
if latestGeneration ~= generation or tonumber(acknowledgedBy or 0) > tonumber(jobId) then return {'SUPERSEDED'} end
if latestEpoch ~= epoch or tonumber(offset) > tonumber(messages) then return {'CHANGED'} end
if tonumber(offset) <= tonumber(ackedOffset or -1) then return {'ACKNOWLEDGED', ackedOffset} end

redis.call('HSET', jobRecordKey, 'ackedOffset', offset)
if tonumber(offset) <= tonumber(serviceAckedOffset or -1) then return {'ACKNOWLEDGED', offset} end
redis.call('HSET', connectionKey, 'acknowledgedBy', jobId)
for streamName, streamState in entries() do
  redis.call('HSET', statesKey, streamName, streamState)
end
return {'ACKNOWLEDGED', offset}
`,
})
