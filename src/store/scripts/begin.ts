import { endedFunction, runIdFunction, type Script } from './script.ts'

/**
 * Begins an attempt, or begins it anew after REWOUND. From then on every older attempt is refused. Sent twice by the same
 * attempt (a lost reply) it counts once.
 *
 * An attempt that finds the job running follows one that neither gave it back nor ended it: its worker died. That is not
 * the job's failure: it is counted apart, unless it had come further, and the new attempt takes its place in the count.
 *
 * KEYS: record, position, data key, request.
 * ARGV: channel, now, fence, attempt id, a new epoch, 'start' or 'rewound'.
 * Returns [ENDED] (or no such job), [FENCED], or
 * [BEGUN, tenant, messages, epoch, streams, attempts without progress, deaths without progress, cancel reason or '', last failure or '',
 * position or '', wrapped data key or '', sealed request or ''].
 */
export const beginScript: Script = {
  name: 'syncBegin',
  lua: `${endedFunction}${runIdFunction}
local record = redis.call('HMGET', KEYS[1], 'status', 'fence', 'attemptId', 'runId', 'idleAttempts')
if not record[1] or ended(record[1]) then return {'ENDED'} end
local fence, mine = tonumber(record[2]), tonumber(ARGV[3])
local again = fence == mine and record[3] == ARGV[4]
if fence > mine or (fence == mine and not again) then return {'FENCED'} end

redis.call('HSET', KEYS[1], 'status', 'running', 'fence', ARGV[3], 'attemptId', ARGV[4], 'lastUpdatedAt', ARGV[2])
redis.call('HSETNX', KEYS[1], 'startTime', ARGV[2])
if not again then
  redis.call('HINCRBY', KEYS[1], 'attempts', 1)
  local died = record[1] == 'running' and tonumber(record[5]) > 0
  redis.call('HINCRBY', KEYS[1], died and 'deaths' or 'idleAttempts', 1)
end
local current = runId()
if ARGV[6] == 'rewound' or (record[4] and record[4] ~= current) then
  redis.call('HSET', KEYS[1], 'epoch', ARGV[5], 'runId', current)
end
redis.call('PUBLISH', ARGV[1], 'running')

local job = redis.call('HMGET', KEYS[1],
  'tenant', 'messages', 'epoch', 'streams', 'idleAttempts', 'deaths', 'cancelReason', 'lastFailure')
return {'BEGUN', job[1], job[2], job[3], job[4], job[5], job[6] or '0', job[7] or '', job[8] or '',
  redis.call('GET', KEYS[2]) or '', redis.call('GET', KEYS[3]) or '', redis.call('GET', KEYS[4]) or ''}
`,
}
