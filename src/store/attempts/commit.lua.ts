import { endedFunction, mayBeOtherLogFunction, runIdFunction, type Script } from '../script.ts'

/**
 * Compare and append: makes one commit of an attempt durable, whole or not at all.
 *
 * KEYS: record, log, position, states, the queue's lock on the job.
 * ARGV: channel, now, fence, attempt id, commit id, expected offset, expected commit id before it
 * ('' = none), messages, blob, bytes before compression, records, checkpoints (JSON) or '', position (JSON), streams (JSON),
 * 1 if it holds a TRACE ERROR, log limit in bytes, 1 if it is progress, what the lock
 * holds while it is this attempt's ('' without a lock), then stream name and state (JSON) of each checkpoint.
 * Returns COMMITTED, ALREADY (this very commit is there: its reply was lost), ENDED (or no such job), FENCED,
 * REWOUND (Redis holds less, or other, than this attempt wrote) or LOG_FULL.
 */
export const commitScript: Script = {
  name: 'syncCommit',
  lua: `${endedFunction}${runIdFunction}${mayBeOtherLogFunction}
local record = redis.call('HMGET', KEYS[1],
  'status', 'fence', 'attemptId', 'commitId', 'messages', 'blobBytes', 'runId')
if not record[1] or ended(record[1]) then return 'ENDED' end
local fence, mine = tonumber(record[2]), tonumber(ARGV[3])
if fence > mine then return 'FENCED' end
if fence < mine then return 'REWOUND' end
if record[3] ~= ARGV[4] then return 'REWOUND' end
if record[4] == ARGV[5] then return 'ALREADY' end
local offset = tonumber(ARGV[6])
if tonumber(record[5]) ~= offset or (record[4] or '') ~= ARGV[7] then return 'REWOUND' end
if mayBeOtherLog(record[7], KEYS[5], ARGV[18]) then return 'REWOUND' end
if tonumber(record[6]) + #ARGV[9] > tonumber(ARGV[16]) then return 'LOG_FULL' end

local count = tonumber(ARGV[8])
local last = string.format('%.0f', offset + count)
if count > 0 then
  local fields = {'blob', ARGV[9], 'count', ARGV[8], 'bytes', ARGV[10]}
  if ARGV[12] ~= '' then
    fields[7], fields[8] = 'checkpoints', ARGV[12]
  end
  redis.call('XADD', KEYS[2], last .. '-0', unpack(fields))
end
redis.call('HSET', KEYS[1], 'messages', last, 'commitId', ARGV[5], 'streams', ARGV[14], 'lastUpdatedAt', ARGV[2],
  'runId', runId())
redis.call('HINCRBY', KEYS[1], 'rows', ARGV[11])
redis.call('HINCRBY', KEYS[1], 'bytes', ARGV[10])
redis.call('HINCRBY', KEYS[1], 'blobBytes', #ARGV[9])
if ARGV[15] == '1' then redis.call('HSET', KEYS[1], 'errorTraced', 1) end
if ARGV[17] == '1' then
  redis.call('HSET', KEYS[1], 'idleAttempts', 0, 'deaths', 0)
  redis.call('HDEL', KEYS[1], 'lastFailure')
end
redis.call('SET', KEYS[3], ARGV[13])
for i = 19, #ARGV, 2 do
  redis.call('HSET', KEYS[4], ARGV[i], ARGV[i + 1])
end
redis.call('PUBLISH', ARGV[1], 'running')
return 'COMMITTED'
`,
}
