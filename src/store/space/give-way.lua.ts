import Type from 'typebox'
import { endedFunction, mayBeOtherLogFunction, runIdFunction } from '../lua-functions.ts'
import { defineScript } from '../script.ts'
import { markedDataKeyFunction } from '../secrets/sealing.ts'

/**
 * Removes the oldest entries of a log that is full, as far as a client has acknowledged them. The last checkpoints among
 * them become the states that the job began with, for whoever asks for the states at a later offset. The fingerprints of
 * their records stay for later attempts, which would deliver the records again otherwise.
 *
 * It makes room, so its first write is one that a full Redis does not refuse either.
 *
 * Replies 1; 0 when the log is no longer this attempt's.
 */
export const giveWayScript = defineScript({
  name: 'syncGiveWay',
  keys: ['recordKey', 'logKey', 'statesKey', 'dataKeyKey', 'fingerprintsKey', 'segmentsKey'],
  optionalKeys: ['lockKey'],
  args: [
    'fence',
    'attemptId',
    /** The commit that the log must end with. */
    'commitId',
    /** The content of the queue's lock while this attempt has it; '' without a lock. */
    'lockToken',
    /** Messages before the entries, and the offset of the last one, which is the last one of its entry. */
    'after',
    'lastOffset',
    /** Bytes that the entries counted in the window. */
    'bytes',
    /** Of the records in the entries; '' for none. */
    'fingerprints',
    'fingerprintsKeptMs',
  ],
  entries: ['givenName', 'streamState'],
  reply: Type.Integer(),
  lua: `${endedFunction}${runIdFunction}${mayBeOtherLogFunction}${markedDataKeyFunction}
local status, latestFence, latestAttemptId, latestCommitId, runIdOfLog, blobBytes, ackedOffset, trimmedTo, fingerprintedTo =
  unpack(redis.call('HMGET', recordKey, 'status', 'fence', 'attemptId', 'commitId', 'runId', 'blobBytes', 'ackedOffset',
    'trimmedTo', 'fingerprintedTo'))
local wrapped = redis.call('GET', dataKeyKey)
if not status or not wrapped or ended(status) then return 0 end
if latestFence ~= fence or latestAttemptId ~= attemptId or latestCommitId ~= commitId then return 0 end
if mayBeOtherLog(runIdOfLog, lockKey, lockToken) then return 0 end
if tonumber(lastOffset) > tonumber(ackedOffset or 0) then return 0 end
local newest = redis.call('ZREVRANGE', segmentsKey, 0, 0, 'WITHSCORES')
if math.max(tonumber(newest[2] or 0), tonumber(trimmedTo or 0)) ~= tonumber(after) then return 0 end

redis.call('XTRIM', logKey, 'MINID', string.format('%.0f', tonumber(lastOffset) + 1) .. '-0')
redis.call('HSET', recordKey, 'trimmedTo', lastOffset,
  'blobBytes', string.format('%.0f', math.max(0, tonumber(blobBytes) - tonumber(bytes)) + #fingerprints))
-- Whatever has given way before must have left its fingerprints; earlier versions did not keep any.
if (trimmedTo or '') == (fingerprintedTo or '') then redis.call('HSET', recordKey, 'fingerprintedTo', lastOffset) end
if fingerprints ~= '' then redis.call('LPUSH', fingerprintsKey, fingerprints) end
redis.call('PEXPIRE', fingerprintsKey, fingerprintsKeptMs)
for givenName, streamState in entries() do redis.call('HSET', statesKey, givenName, streamState) end
redis.call('SET', dataKeyKey, markedDataKey(wrapped))
return 1
`,
})
