import { activeJobFunction, endedFunction, redisTimeFunction, runIdFunction, type Script } from '../script.ts'

/**
 * Writes a new job: its record as pending, its wrapped data key, its sealed request, the states it begins with, its place
 * in the tenant's list. A job that depends on readers starts with a lease for the one that made it.
 *
 * A job of a connection takes the connection, unless another one has it. A request that names a key for repeats makes a
 * job only the first time, and the key stands with that job or not at all: no repeat ever finds a key without a job.
 *
 * Nothing tells the list that a record has expired, so each new job looks at a few others, picked at random: however
 * long it is since anybody asked for the list, the expired stay a small part of it.
 *
 * KEYS: record, data key, request, states, job index, the connection's record if there is one, what is known of the key for
 * repeats if there is one.
 * ARGV: channel, now, tenant, epoch, wrapped data key, sealed request, grace ms or '', lease ms, job id,
 * names of full-refresh streams (JSON), what stands before and after the id in the key of a record,
 * connection id or '', the generation of its state that the job begins with, digest of the body or '' without a key for
 * repeats, how long the key is known in ms, 1 to join the job that has the connection, digest of what such a job
 * must have been asked for, then stream name and state (JSON) of each state.
 * Returns [CREATED], [EXISTS] when the id is taken, [REPEATED, id of the first request's job], [REUSED] when that had
 * another body, [BUSY, id of the job that has the connection], [JOINED, the same], or [CHANGED] when the connection is
 * gone or its state is of another generation.
 */
export const createScript: Script = {
  name: 'syncCreate',
  lua: `${endedFunction}${redisTimeFunction}${runIdFunction}${activeJobFunction}
if redis.call('EXISTS', KEYS[1]) == 1 then return {'EXISTS'} end
local function remember(id)
  if ARGV[15] ~= '' then redis.call('SET', KEYS[7], ARGV[15] .. ' ' .. id, 'PX', ARGV[16]) end
end
local first = ARGV[15] ~= '' and redis.call('GET', KEYS[7])
if first then
  local digest, id = string.match(first, '^(%S+) (%d+)$')
  if digest ~= ARGV[15] then return {'REUSED'} end
  return {'REPEATED', id}
end
local connection = ARGV[13] ~= '' and KEYS[6]
if connection then
  local active = activeJob(connection, ARGV[11], ARGV[12])
  if active then
    -- What began from other states, reads other streams, or is about to end is not what the caller asks for. Older jobs
    -- do not say what they are.
    local job = redis.call('HMGET', ARGV[11] .. active .. ARGV[12], 'bodyDigest', 'cancelReason')
    if ARGV[17] ~= '1' or job[2] or (job[1] and job[1] ~= ARGV[18]) then return {'BUSY', active} end
    remember(active)
    return {'JOINED', active}
  end
  if redis.call('HGET', connection, 'generation') ~= ARGV[14] then return {'CHANGED'} end
end

redis.call('HSET', KEYS[1],
  'tenant', ARGV[3], 'jobType', 'sync', 'status', 'pending', 'createdAt', ARGV[2], 'lastUpdatedAt', ARGV[2],
  'messages', 0, 'rows', 0, 'bytes', 0, 'blobBytes', 0, 'streams', '[]', 'epoch', ARGV[4],
  'fence', 0, 'attempts', 0, 'idleAttempts', 0, 'fullRefresh', ARGV[10], 'runId', runId())
if ARGV[7] ~= '' then
  redis.call('HSET', KEYS[1], 'graceMs', ARGV[7], 'leaseMs', ARGV[8],
    'readersUntil', string.format('%.0f', redisTime() + ARGV[8]))
end
redis.call('SET', KEYS[2], ARGV[5])
redis.call('SET', KEYS[3], ARGV[6])
if connection then
  redis.call('HSET', KEYS[1], 'connectionId', ARGV[13], 'generation', ARGV[14], 'bodyDigest', ARGV[18])
  redis.call('HSET', connection, 'latestJob', ARGV[9])
end
for i = 19, #ARGV, 2 do
  redis.call('HSET', KEYS[4], 'given:' .. ARGV[i], ARGV[i + 1])
end
for _, id in ipairs(redis.call('ZRANDMEMBER', KEYS[5], 10)) do
  if redis.call('EXISTS', ARGV[11] .. id .. ARGV[12]) == 0 then redis.call('ZREM', KEYS[5], id) end
end
redis.call('ZADD', KEYS[5], ARGV[9], ARGV[9])
remember(ARGV[9])
redis.call('PUBLISH', ARGV[1], 'pending')
return {'CREATED'}
`,
}
