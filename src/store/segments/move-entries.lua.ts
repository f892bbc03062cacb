import Type from 'typebox'
import { endedFunction, mayBeOtherLogFunction, redisTimeFunction, runIdFunction } from '../lua-functions.ts'
import { defineScript } from '../script.ts'
import { markedDataKeyFunction } from '../secrets/sealing.ts'

/**
 * Puts a segment, whose file is on the disk, into the index of its log, and removes its entries from Redis. Nobody ever
 * sees one without the other. Only the attempt that has written the log may do so, and only if the log is the one that
 * it knows: a segment of an attempt that others have overtaken is never named. Nobody writes the log of an ended job.
 *
 * It makes room, so it must work in a Redis that is full: the first write is one that Redis never refuses, and Redis
 * checks its memory only before a script's first write. Its reply may be lost and the call come again, so the first
 * question is whether the segment is named already: its file must not be removed then, whoever has the job by now.
 *
 * Replies MOVED, ENDED (or no such job), OTHER (another attempt, or another log), or LATE (the file is so old that it may
 * have been swept away).
 */
export const moveEntriesScript = defineScript({
  name: 'syncMoveEntries',
  keys: ['recordKey', 'logKey', 'segmentsKey', 'dataKeyKey'],
  optionalKeys: ['lockKey'],
  args: [
    'fence',
    'attemptId',
    /** The commit that the log must end with. */
    'commitId',
    /** The content of the queue's lock while this attempt has it; '' without a lock. */
    'lockToken',
    /** JSON: what the index says of the segment. */
    'segment',
    /** Messages before the segment, and the offset of its last one. */
    'after',
    'lastOffset',
    /** Bytes that its entries counted in the window. */
    'bytes',
    /** Redis's time in ms until which the file is surely there. */
    'notAfter',
    /** '1' for the log of a job that has ended: nobody writes it any more, so anyone may move it. */
    'isEnded',
  ],
  reply: Type.Enum(['MOVED', 'ENDED', 'OTHER', 'LATE']),
  lua: `${endedFunction}${runIdFunction}${mayBeOtherLogFunction}${redisTimeFunction}${markedDataKeyFunction}
if redis.call('ZSCORE', segmentsKey, segment) then return 'MOVED' end
local status, latestFence, latestAttemptId, latestCommitId, runIdOfLog, blobBytes, trimmedTo = unpack(redis.call(
  'HMGET', recordKey, 'status', 'fence', 'attemptId', 'commitId', 'runId', 'blobBytes', 'trimmedTo'))
local wrapped = redis.call('GET', dataKeyKey)
if not status or not wrapped or ended(status) ~= (isEnded == '1') then return 'ENDED' end
if latestFence ~= fence or (latestAttemptId or '') ~= attemptId or (latestCommitId or '') ~= commitId then
  return 'OTHER'
end
if isEnded ~= '1' and mayBeOtherLog(runIdOfLog, lockKey, lockToken) then return 'OTHER' end
local newest = redis.call('ZREVRANGE', segmentsKey, 0, 0, 'WITHSCORES')
if math.max(tonumber(newest[2] or 0), tonumber(trimmedTo or 0)) ~= tonumber(after) then return 'OTHER' end
if redisTime() > tonumber(notAfter) then return 'LATE' end

redis.call('XTRIM', logKey, 'MINID', string.format('%.0f', tonumber(lastOffset) + 1) .. '-0')
redis.call('ZADD', segmentsKey, lastOffset, segment)
-- Older versions count less of an entry, so more may leave the window than was counted.
redis.call('HSET', recordKey, 'blobBytes', string.format('%.0f', math.max(0, tonumber(blobBytes) - tonumber(bytes))))
redis.call('HINCRBY', recordKey, 'movedBytes', bytes)
redis.call('SET', dataKeyKey, markedDataKey(wrapped), 'KEEPTTL')
local expiresIn = redis.call('PTTL', dataKeyKey)
if expiresIn > 0 then redis.call('PEXPIRE', segmentsKey, expiresIn) end
return 'MOVED'
`,
})
