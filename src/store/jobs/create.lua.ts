import Type from 'typebox'
import { activeJobFunction, endedFunction, redisTimeFunction, runIdFunction } from '../lua-functions.ts'
import { defineScript } from '../script.ts'
import { logWindowBytesFunction } from '../segments/log-window-bytes.ts'
import { tellFunctions } from '../webhooks/tell.lua.ts'

/**
 * Writes a new job: its record as pending, its wrapped data key, its sealed request, the states it begins with, its
 * place in the tenant's list. A job that depends on readers starts with a lease for its creator.
 *
 * A job of a connection takes the connection, unless another job has it. A request with a key for repeats makes a job
 * only the first time. The key is written together with that job, so no repeat ever finds a key without a job.
 *
 * The list does not notice when a record expires, so each new job checks a few others, picked at random. That keeps the
 * share of expired jobs in the list small, however long nobody reads the list.
 *
 * A job that a schedule starts is for a due time. No other job may be for it: the connection's record holds the latest
 * due time that is over, and the caller has seen it. A full refresh beside the syncs has no generation: acknowledging it
 * moves no state, in earlier versions either.
 *
 * Replies [CREATED], [EXISTS] when the id is taken, [TAKEN] when another process has seen to the due time or the
 * connection is paused, or needs a new token, [REPEATED, id of the first request's job], [REUSED] when that
 * request had another body, [BUSY, id of the job that has the connection], [JOINED, the same], or [CHANGED] when the
 * connection is gone or its state has another generation.
 */
export const createScript = defineScript({
  name: 'syncCreate',
  keys: ['recordKey', 'dataKeyKey', 'requestKey', 'statesKey', 'jobIndexKey'],
  /** The connection's record, the data stored under the key for repeats, and where events of due times are left. */
  optionalKeys: ['connectionKey', 'repeatKey', 'eventsKey'],
  args: [
    'channel',
    'now',
    'tenant',
    'jobId',
    /** Digest of the access token, so that jobs with one token are known to share its limit. */
    'token',
    'epoch',
    'wrappedDataKey',
    /** Sealed. */
    'request',
    /** JSON. */
    'fullRefreshStreams',
    /** '' for a job that does not depend on readers. */
    'graceMs',
    'leaseMs',
    /** The parts before and after the id in the key of a record. */
    'beforeId',
    'afterId',
    'connectionId',
    /** The generation of the state that the job begins with. */
    'generation',
    /** The digest of what the connection's job is asked to do. */
    'askedDigest',
    /** 'sync' or 'refresh'. */
    'jobType',
    /** '' for a job that no schedule has started. */
    'dueAt',
    /** The field of the latest due time that is over, and what it must hold. */
    'dueField',
    'expectedDue',
    /** How many due times before it count as skipped. */
    'missed',
    /** JSON: what the event about them says. */
    'aboutMissed',
    /** JSON: what the event says about messages of the sync before that are gone unacknowledged. Empty: there are none. */
    'aboutUntaken',
    /** '1' to join the job that has the connection, if it has the same request. */
    'joinActive',
    /** The digest of the request's body, for repeats. */
    'bodyDigest',
    'repeatsKnownMs',
  ],
  entries: ['streamName', 'streamState'],
  reply: Type.Union([
    Type.Tuple([Type.Enum(['CREATED', 'EXISTS', 'REUSED', 'CHANGED', 'TAKEN'])]),
    Type.Tuple([Type.Enum(['REPEATED', 'BUSY', 'JOINED']), Type.String()]),
  ]),
  lua: `${endedFunction}${redisTimeFunction}${runIdFunction}${activeJobFunction}${logWindowBytesFunction}${tellFunctions}
if redis.call('EXISTS', recordKey) == 1 then return {'EXISTS'} end
local first = repeatKey and redis.call('GET', repeatKey)
if first then
  local firstDigest, firstId = string.match(first, '^(%S+) (%d+)$')
  if firstDigest ~= bodyDigest then return {'REUSED'} end
  return {'REPEATED', firstId}
end
if connectionKey then
  if dueAt ~= '' then
    local over, paused, signInNeededAt = unpack(redis.call(
      'HMGET', connectionKey, dueField, 'paused', 'signInNeededAt'))
    if over ~= expectedDue or paused or signInNeededAt then return {'TAKEN'} end
  end
  local active = activeJob(connectionKey, beforeId, afterId)
  if active then
    -- The caller does not want a job that began from other states, or reads other streams. Jobs of older versions do not
    -- say what they were asked for. Whether the job is about to end, the script that joins it looks.
    local digest = redis.call('HGET', beforeId .. active .. afterId, 'bodyDigest')
    if joinActive ~= '1' or (digest and digest ~= askedDigest) then return {'BUSY', active} end
    return {'JOINED', active}
  end
  if redis.call('HGET', connectionKey, 'generation') ~= generation then return {'CHANGED'} end
end

redis.call('PUBLISH', channel, 'pending')
redis.call('HSET', recordKey,
  'tenant', tenant, 'token', token, 'jobType', jobType, 'status', 'pending', 'createdAt', now, 'lastUpdatedAt', now,
  'messages', 0, 'rows', 0, 'bytes', 0, 'blobBytes', 0, 'streams', '[]', 'epoch', epoch,
  'fence', 0, 'attempts', 0, 'idleAttempts', 0, 'fullRefresh', fullRefreshStreams, 'runId', runId(),
  'lastCheckpoint', 0)
if graceMs ~= '' then
  redis.call('HSET', recordKey, 'graceMs', graceMs, 'leaseMs', leaseMs,
    'readersUntil', string.format('%.0f', redisTime() + leaseMs))
end
redis.call('SET', dataKeyKey, wrappedDataKey)
redis.call('SET', requestKey, request)
if connectionKey then
  redis.call('HSET', recordKey, 'connectionId', connectionId, 'bodyDigest', askedDigest)
  if jobType == 'sync' then
    redis.call('HSET', recordKey, 'generation', generation)
  else
    local before = redis.call('HGET', connectionKey, 'latestJob')
    if before and redis.call('HGET', beforeId .. before .. afterId, 'jobType') == 'sync' then
      redis.call('HSET', connectionKey, 'latestSync', before)
    end
  end
  redis.call('HSET', connectionKey, 'latestJob', jobId)
  if dueAt ~= '' then
    redis.call('HSET', recordKey, 'scheduledFor', dueAt)
    redis.call('HSET', connectionKey, dueField, dueAt)
    if missed ~= '0' then
      redis.call('HINCRBY', connectionKey, 'skippedRuns', missed)
      tell(eventsKey, connectionKey, 'schedule.skipped', aboutMissed)
    end
  end
  if aboutUntaken ~= '' then
    redis.call('HINCRBY', connectionKey, 'untakenRuns', 1)
    tell(eventsKey, connectionKey, 'schedule.untaken', aboutUntaken)
  end
end
local givenBytes = allocated(#request)
for streamName, streamState in entries() do
  redis.call('HSET', statesKey, 'given:' .. streamName, streamState)
  givenBytes = givenBytes + allocated(#streamState)
end
redis.call('HSET', recordKey, 'givenBytes', givenBytes)
for _, id in ipairs(redis.call('ZRANDMEMBER', jobIndexKey, 10)) do
  if redis.call('EXISTS', beforeId .. id .. afterId) == 0 then redis.call('ZREM', jobIndexKey, id) end
end
redis.call('ZADD', jobIndexKey, jobId, jobId)
if repeatKey then redis.call('SET', repeatKey, bodyDigest .. ' ' .. jobId, 'PX', repeatsKnownMs) end
return {'CREATED'}
`,
})
