import { endedFunction, laterEpochFunction, runIdFunction, type Script } from '../script.ts'

/**
 * Begins an attempt, or begins it anew after REWOUND. From then on every older attempt is refused. Sent twice by the same
 * attempt (a lost reply) it counts once.
 *
 * An attempt that finds the job running follows one that neither gave it back nor ended it: its worker died. That is not
 * the job's failure: it is counted apart, unless it had come further, and the new attempt takes its place in the count.
 *
 * Numbers can come twice when Redis goes back in time while a worker goes on. Where the queue's lock is told, it decides:
 * whoever holds it is the newest, and gets a number above all that were given out; who does not, may not begin.
 *
 * KEYS: record, position, data key, request, the queue's lock on the job.
 * ARGV: channel, now, fence, attempt id, random text for a new epoch, 'start' or 'rewound', what the lock holds while it is
 * this attempt's, '' without a lock.
 * Returns [ENDED] (or no such job), [FENCED], or
 * [BEGUN, tenant, messages, epoch, streams, attempts without progress, deaths without progress, cancel reason or '', last failure or '',
 * position or '', wrapped data key or '', sealed request or '', fence, id of the latest commit or ''].
 */
export const beginScript: Script = {
  name: 'syncBegin',
  lua: `${endedFunction}${runIdFunction}${laterEpochFunction}
local record = redis.call('HMGET', KEYS[1], 'status', 'fence', 'attemptId', 'runId', 'idleAttempts', 'epoch')
if not record[1] or ended(record[1]) then return {'ENDED'} end
local fence, mine = tonumber(record[2]), tonumber(ARGV[3])
local again = fence == mine and record[3] == ARGV[4]
local isHolder = ARGV[7] ~= '' and redis.call('GET', KEYS[5]) == ARGV[7]
if ARGV[7] ~= '' and not isHolder then return {'FENCED'} end
if fence > mine or (fence == mine and not again) then
  if not isHolder then return {'FENCED'} end
  mine = fence + 1
end
local number = string.format('%.0f', mine)

redis.call('HSET', KEYS[1], 'status', 'running', 'fence', number, 'attemptId', ARGV[4], 'lastUpdatedAt', ARGV[2])
redis.call('HSETNX', KEYS[1], 'startTime', ARGV[2])
if not again then
  redis.call('HINCRBY', KEYS[1], 'attempts', 1)
  local died = record[1] == 'running' and tonumber(record[5]) > 0
  redis.call('HINCRBY', KEYS[1], died and 'deaths' or 'idleAttempts', 1)
end
local current = runId()
if ARGV[6] == 'rewound' or (record[4] and record[4] ~= current) then
  redis.call('HSET', KEYS[1], 'epoch', laterEpoch(record[6], ARGV[5]), 'runId', current)
end
redis.call('PUBLISH', ARGV[1], 'running')

local job = redis.call('HMGET', KEYS[1],
  'tenant', 'messages', 'epoch', 'streams', 'idleAttempts', 'deaths', 'cancelReason', 'lastFailure', 'commitId')
return {'BEGUN', job[1], job[2], job[3], job[4], job[5], job[6] or '0', job[7] or '', job[8] or '',
  redis.call('GET', KEYS[2]) or '', redis.call('GET', KEYS[3]) or '', redis.call('GET', KEYS[4]) or '', number,
  job[9] or ''}
`,
}
