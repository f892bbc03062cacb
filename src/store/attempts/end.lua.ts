import { endedFunction, laterEpochFunction, mayBeOtherLogFunction, runIdFunction, type Script } from '../script.ts'

/**
 * Ends a job, once. The caller has prepared the closing lines from the record it read; they are written only if
 * that record still holds, else the caller reads again. On another Redis than the last commit's the log may have lost
 * what somebody has read, so the epoch changes, unless the caller knows that nothing is missing.
 *
 * KEYS: record, log, position, request, data key, states, readers, the queue's lock on the job.
 * ARGV: channel, now, fence, expected offset, expected streams (JSON), expected errorTraced ('1' or ''),
 * final status, failure (JSON) or '', closing messages, blob, bytes before compression, streams (JSON),
 * retention of the log in ms, retention of the record in ms, random text for a new epoch, or '' when the
 * caller knows the log's latest commit, id of the attempt that ends it or '' for others, id of that commit ('' = none), what the
 * lock holds while it is this attempt's, '' without a lock.
 * Returns DONE, ENDED (or no such job), FENCED, REWOUND (the log is not what the caller knows) or CHANGED.
 */
export const endScript: Script = {
  name: 'syncEnd',
  lua: `${endedFunction}${runIdFunction}${laterEpochFunction}${mayBeOtherLogFunction}
local record = redis.call('HMGET', KEYS[1], 'status', 'fence', 'messages', 'streams', 'errorTraced', 'runId', 'epoch',
  'attemptId', 'commitId')
if not record[1] or ended(record[1]) then return 'ENDED' end
if tonumber(record[2]) > tonumber(ARGV[3]) then return 'FENCED' end
local isWhole = ARGV[15] == ''
if ARGV[16] ~= '' and record[8] ~= ARGV[16] then
  return isWhole and 'REWOUND' or 'FENCED'
end
if isWhole and ((record[9] or '') ~= ARGV[17] or mayBeOtherLog(record[6], KEYS[8], ARGV[18])) then return 'REWOUND' end
local offset = tonumber(ARGV[4])
if tonumber(record[3]) ~= offset or (record[4] or '') ~= ARGV[5] or (record[5] or '') ~= ARGV[6] then return 'CHANGED' end

local count = tonumber(ARGV[9])
local last = string.format('%.0f', offset + count)
if count > 0 then
  redis.call('XADD', KEYS[2], last .. '-0', 'blob', ARGV[10], 'count', ARGV[9], 'bytes', ARGV[11])
end
redis.call('HSET', KEYS[1], 'status', ARGV[7], 'messages', last, 'streams', ARGV[12], 'lastUpdatedAt', ARGV[2],
  'endTime', ARGV[2])
if ARGV[8] ~= '' then redis.call('HSET', KEYS[1], 'failure', ARGV[8]) end
if not isWhole and record[6] and record[6] ~= runId() then
  redis.call('HSET', KEYS[1], 'epoch', laterEpoch(record[7], ARGV[15]))
end
redis.call('HINCRBY', KEYS[1], 'bytes', ARGV[11])
redis.call('HINCRBY', KEYS[1], 'blobBytes', #ARGV[10])
redis.call('DEL', KEYS[3], KEYS[4], KEYS[7])
redis.call('PEXPIRE', KEYS[2], ARGV[13])
redis.call('PEXPIRE', KEYS[5], ARGV[13])
redis.call('PEXPIRE', KEYS[6], ARGV[13])
redis.call('PEXPIRE', KEYS[1], ARGV[14])
redis.call('PUBLISH', ARGV[1], ARGV[7])
return 'DONE'
`,
}
