import Type from 'typebox'
import {
  endedFunction,
  laterEpochFunction,
  mayBeOtherLogFunction,
  releaseRecordFunction,
  runIdFunction,
} from '../lua-functions.ts'
import { connectionEndFunctions } from '../schedules/connection-end.lua.ts'
import { setScheduleFunction } from '../schedules/due.lua.ts'
import { defineScript } from '../script.ts'
import { logWindowBytesFunction } from '../segments/log-window-bytes.ts'
import { tellFunctions } from '../webhooks/tell.lua.ts'

/**
 * Ends a job, once. The caller has prepared the closing lines from the record it read. They are written only if that
 * record is unchanged; otherwise the caller reads again. If Redis is another process than at the last commit, it may
 * have lost messages that somebody has read. So the epoch changes then, unless the caller knows that nothing is
 * missing.
 *
 * A job of a connection also leaves there what it came to, see `connection-end.lua.ts`, and an event for its webhooks.
 *
 * Replies DONE, ENDED (or no such job), FENCED, REWOUND (the log is not the one that the caller knows) or CHANGED (the
 * record is not the one that the caller read).
 */
export const endScript = defineScript({
  name: 'syncEnd',
  keys: [
    'recordKey',
    'logKey',
    'positionKey',
    'growthKey',
    'notedKey',
    'requestKey',
    'dataKeyKey',
    'statesKey',
    'readersKey',
    'segmentsKey',
    'fingerprintsKey',
  ],
  /** The connection's keys, of a job that has one. */
  optionalKeys: ['lockKey', 'connectionKey', 'connectionStatesKey', 'connectionJobsKey', 'eventsKey'],
  args: [
    'channel',
    'now',
    'fence',
    'expectedOffset',
    /** JSON, as read. */
    'expectedStreams',
    /** '1' or ''. */
    'expectedErrorTraced',
    'finalStatus',
    /** JSON, '' for none. */
    'failure',
    /** Messages in the closing entry. */
    'messageCount',
    'blob',
    /** Bytes before compression. */
    'bytes',
    /** JSON. */
    'streams',
    'logRetentionMs',
    'recordRetentionMs',
    'jobId',
    /** The parts before and after a job's id in the key of its record. */
    'beforeId',
    'afterId',
    /** Random text for a new epoch; '' when the caller knows the log's latest commit. */
    'newEpoch',
    /** The id of the attempt that ends the job; '' for other callers. */
    'attemptId',
    /** The log's latest commit as the caller knows it; '' for none. */
    'expectedCommitId',
    /** The content of the queue's lock while this attempt has it; '' without a lock. */
    'lockToken',
    /** JSON: what events about this end say; '' without a connection. */
    'about',
  ],
  reply: Type.Enum(['DONE', 'ENDED', 'FENCED', 'REWOUND', 'CHANGED']),
  lua: `${endedFunction}${runIdFunction}${laterEpochFunction}${mayBeOtherLogFunction}${logWindowBytesFunction}${releaseRecordFunction}${setScheduleFunction}${connectionEndFunctions}${tellFunctions}
local status, latestFence, messages, latestStreams, errorTraced, runIdOfLog, epoch, latestAttemptId, latestCommitId =
  unpack(redis.call('HMGET', recordKey, 'status', 'fence', 'messages', 'streams', 'errorTraced', 'runId', 'epoch',
    'attemptId', 'commitId'))
if not status or ended(status) then return 'ENDED' end
if tonumber(latestFence) > tonumber(fence) then return 'FENCED' end
local knowsLog = newEpoch == ''
if attemptId ~= '' and latestAttemptId ~= attemptId then
  return knowsLog and 'REWOUND' or 'FENCED'
end
if knowsLog and ((latestCommitId or '') ~= expectedCommitId or mayBeOtherLog(runIdOfLog, lockKey, lockToken)) then
  return 'REWOUND'
end
local offset = tonumber(expectedOffset)
if tonumber(messages) ~= offset or (latestStreams or '') ~= expectedStreams
  or (errorTraced or '') ~= expectedErrorTraced then return 'CHANGED' end

local count = tonumber(messageCount)
local last = string.format('%.0f', offset + count)
redis.call('PUBLISH', channel, finalStatus)
if count > 0 then
  redis.call('XADD', logKey, last .. '-0', 'blob', blob, 'count', messageCount, 'bytes', bytes)
end
redis.call('HSET', recordKey, 'status', finalStatus, 'messages', last, 'streams', streams, 'lastUpdatedAt', now,
  'endTime', now)
if failure ~= '' then redis.call('HSET', recordKey, 'failure', failure) end
if not knowsLog and runIdOfLog and runIdOfLog ~= runId() then
  redis.call('HSET', recordKey, 'epoch', laterEpoch(epoch, newEpoch))
end
redis.call('HINCRBY', recordKey, 'bytes', bytes)
if count > 0 then redis.call('HINCRBY', recordKey, 'blobBytes', windowBytes(#blob, 0)) end
redis.call('DEL', positionKey, growthKey, notedKey, requestKey, readersKey, fingerprintsKey)
redis.call('PEXPIRE', logKey, logRetentionMs)
redis.call('PEXPIRE', dataKeyKey, logRetentionMs)
redis.call('PEXPIRE', statesKey, logRetentionMs)
redis.call('PEXPIRE', segmentsKey, logRetentionMs)
if connectionKey and redis.call('HEXISTS', connectionKey, 'createdAt') == 1 then
  local jobType, generation, fullRefresh =
    unpack(redis.call('HMGET', recordKey, 'jobType', 'generation', 'fullRefresh'))
  redis.call('HSET', recordKey, 'told', 1)
  tell(eventsKey, connectionKey, 'job.' .. finalStatus, about)
  if jobType == 'sync' then
    countEnd(connectionKey, finalStatus, now)
    tellHealth(eventsKey, connectionKey, about)
    if finalStatus == 'succeeded' and redis.call('HGET', connectionKey, 'ack') == 'on_success' then
      acknowledgeEnd(recordKey, statesKey, connectionKey, connectionStatesKey, jobId, generation, fullRefresh, last)
    end
  end
  keepRecord(recordKey, connectionJobsKey, jobId, beforeId, afterId, recordRetentionMs)
else
  redis.call('PEXPIRE', recordKey, recordRetentionMs)
end
return 'DONE'
`,
})
