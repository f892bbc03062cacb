import Type from 'typebox'
import { logIsFullFunction } from '../log/log-limit.ts'
import { endedFunction, mayBeOtherLogFunction, runIdFunction } from '../lua-functions.ts'
import { defineScript } from '../script.ts'
import { logWindowBytesFunction } from '../segments/log-window-bytes.ts'

/**
 * Compare and append: makes one commit of an attempt durable, whole or not at all.
 *
 * Replies COMMITTED, ALREADY (exactly this commit is there: its reply was lost), ENDED (or no such job), FENCED,
 * REWOUND (Redis holds less than this attempt wrote, or something else) or LOG_FULL, each with the bytes that the job
 * has in Redis then, and those of its log among them; 0 when nothing was looked up.
 */
export const commitScript = defineScript({
  name: 'syncCommit',
  keys: ['recordKey', 'logKey', 'positionKey', 'growthKey', 'statesKey', 'notedKey'],
  optionalKeys: ['lockKey'],
  args: [
    'channel',
    'now',
    'fence',
    'attemptId',
    'commitId',
    /** Messages that the log must hold, and the commit that it must end with; '' before the job's first one. */
    'expectedOffset',
    'expectedCommitId',
    'messageCount',
    'blob',
    /** Bytes before compression. */
    'bytes',
    'recordCount',
    /** JSON, '' for none. */
    'checkpoints',
    /** Offset of the last of them; '' for none. */
    'lastCheckpoint',
    /** JSON. */
    'position',
    /** JSON, '' for none: what the position's lists have grown by. */
    'growth',
    /** Of its records, for later attempts; and '1' if they are all there are. */
    'fingerprints',
    'isNoted',
    /** Bytes of fingerprints that a job may have: records after these are looked for in its log. */
    'mostNotedBytes',
    /** JSON. */
    'streams',
    /** JSON: the streams that the job leaves out; '' for none. */
    'skippedStreams',
    /** '1' if it holds a TRACE ERROR. */
    'holdsErrorTrace',
    'logLimitBytes',
    'isProgress',
    /** The content of the queue's lock while this attempt has it; '' without a lock. */
    'lockToken',
  ],
  entries: ['streamName', 'streamState'],
  reply: Type.Tuple([
    Type.Enum(['COMMITTED', 'ALREADY', 'ENDED', 'FENCED', 'REWOUND', 'LOG_FULL']),
    Type.Integer(),
    Type.Integer(),
  ]),
  lua: `${endedFunction}${runIdFunction}${mayBeOtherLogFunction}${logIsFullFunction}${logWindowBytesFunction}
local status, latestFence, latestAttemptId, latestCommitId, messages, blobBytes, runIdOfLog, givenBytes, statesBytes,
  growthBytes, notedTo, notedBytes = unpack(redis.call('HMGET', recordKey, 'status', 'fence', 'attemptId', 'commitId',
    'messages', 'blobBytes', 'runId', 'givenBytes', 'statesBytes', 'growthBytes', 'notedTo', 'notedBytes'))
if not status or ended(status) then return {'ENDED', 0, 0} end
if tonumber(latestFence) > tonumber(fence) then return {'FENCED', 0, 0} end
if tonumber(latestFence) < tonumber(fence) then return {'REWOUND', 0, 0} end
if latestAttemptId ~= attemptId then return {'REWOUND', 0, 0} end
if latestCommitId == commitId then return {'ALREADY', 0, 0} end
local offset = tonumber(expectedOffset)
if tonumber(messages) ~= offset or (latestCommitId or '') ~= expectedCommitId then return {'REWOUND', 0, 0} end
if mayBeOtherLog(runIdOfLog, lockKey, lockToken) then return {'REWOUND', 0, 0} end
local count = tonumber(messageCount)
local entryBytes = count > 0 and windowBytes(#blob, #checkpoints) or 0
local log = tonumber(blobBytes)
-- Jobs of older versions have no figures of their request and their states.
local newStatesBytes = tonumber(statesBytes or 0)
for streamName, streamState in entries() do
  newStatesBytes = newStatesBytes + #streamState - redis.call('HSTRLEN', statesKey, streamName)
end
-- Fingerprints are of use as far as no record before them lacks its own. Commits of older versions leave none.
local noted = tonumber(notedBytes or 0)
local isToNote = isNoted == '1' and tonumber(notedTo or 0) == offset and noted + #fingerprints <= tonumber(mostNotedBytes)
if isToNote and fingerprints ~= '' then noted = noted + allocated(#fingerprints + 16) end
local held = log + allocated(#position) + tonumber(growthBytes or 0) + #growth + noted + tonumber(givenBytes or 0)
  + allocated(newStatesBytes)
if logIsFull(held, entryBytes, logLimitBytes) then return {'LOG_FULL', held, log} end

local last = string.format('%.0f', offset + count)
redis.call('PUBLISH', channel, 'running')
if count > 0 then
  local fields = {'blob', blob, 'count', messageCount, 'bytes', bytes}
  if checkpoints ~= '' then
    fields[7], fields[8] = 'checkpoints', checkpoints
  end
  redis.call('XADD', logKey, last .. '-0', unpack(fields))
end
redis.call('HSET', recordKey, 'messages', last, 'commitId', commitId, 'streams', streams, 'lastUpdatedAt', now,
  'runId', runId())
redis.call('HINCRBY', recordKey, 'rows', recordCount)
redis.call('HINCRBY', recordKey, 'bytes', bytes)
redis.call('HINCRBY', recordKey, 'blobBytes', entryBytes)
redis.call('HSET', recordKey, 'statesBytes', newStatesBytes, 'positionBytes', #position)
if lastCheckpoint ~= '' then redis.call('HSET', recordKey, 'lastCheckpoint', lastCheckpoint) end
if skippedStreams ~= '' then redis.call('HSET', recordKey, 'skippedStreams', skippedStreams) end
if holdsErrorTrace == '1' then redis.call('HSET', recordKey, 'errorTraced', 1) end
if isProgress == '1' then
  redis.call('HSET', recordKey, 'idleAttempts', 0, 'deaths', 0)
  redis.call('HDEL', recordKey, 'lastFailure')
end
redis.call('SET', positionKey, position)
if growth ~= '' then
  redis.call('LPUSH', growthKey, growth)
  -- 30 days: an earlier version that ends the job does not know the key.
  redis.call('PEXPIRE', growthKey, 2592000000)
  redis.call('HINCRBY', recordKey, 'growthBytes', #growth)
end
if isToNote then
  redis.call('HSET', recordKey, 'notedTo', last, 'notedBytes', noted)
  if fingerprints ~= '' then redis.call('LPUSH', notedKey, fingerprints) end
  redis.call('PEXPIRE', notedKey, 2592000000)
end
for streamName, streamState in entries() do
  redis.call('HSET', statesKey, streamName, streamState)
end
return {'COMMITTED', held + entryBytes, log + entryBytes}
`,
})
