import { activeJobFunction, endedFunction, type Script } from '../script.ts'

/**
 * Sets a connection's state by hand, unless a job has the connection. Its new generation tells the jobs that began before
 * from those that begin after.
 *
 * KEYS: connection's record, its states, last generation.
 * ARGV: what stands before and after a job's id in the key of its record, the one stream to set or '' for all,
 * then stream name and state (JSON) of each state.
 * Returns [SET], [MISSING] or [BUSY, job id].
 */
export const setStatesScript: Script = {
  name: 'syncSetStates',
  lua: `${endedFunction}${activeJobFunction}
if redis.call('EXISTS', KEYS[1]) == 0 then return {'MISSING'} end
local active = activeJob(KEYS[1], ARGV[1], ARGV[2])
if active then return {'BUSY', active} end
redis.call('HSET', KEYS[1], 'generation', redis.call('INCR', KEYS[3]))
if ARGV[3] == '' then
  redis.call('DEL', KEYS[2])
else
  redis.call('HDEL', KEYS[2], ARGV[3])
end
for i = 4, #ARGV, 2 do
  redis.call('HSET', KEYS[2], ARGV[i], ARGV[i + 1])
end
return {'SET'}
`,
}

/**
 * Moves a connection's state to checkpoints of one of its jobs; within a job only forward. An offset that is not ahead
 * changes nothing.
 *
 * KEYS: job's record, its data key, connection's record, its states.
 * ARGV: offset, job id, epoch of the log that the checkpoints are from, then stream name and state (JSON) of each.
 * Returns [ACKNOWLEDGED, offset], [GONE], [SUPERSEDED], or [CHANGED] when the log is of another epoch or shorter.
 */
export const acknowledgeScript: Script = {
  name: 'syncAcknowledge',
  lua: `
local job = redis.call('HMGET', KEYS[1], 'messages', 'epoch', 'generation', 'ackedOffset')
if not job[1] or redis.call('EXISTS', KEYS[2]) == 0 then return {'GONE'} end
local connection = redis.call('HMGET', KEYS[3], 'generation', 'acknowledgedBy')
if connection[1] ~= job[3] or tonumber(connection[2] or 0) > tonumber(ARGV[2]) then return {'SUPERSEDED'} end
local offset = tonumber(ARGV[1])
if job[2] ~= ARGV[3] or offset > tonumber(job[1]) then return {'CHANGED'} end
if offset <= tonumber(job[4] or -1) then return {'ACKNOWLEDGED', job[4]} end

redis.call('HSET', KEYS[1], 'ackedOffset', ARGV[1])
redis.call('HSET', KEYS[3], 'acknowledgedBy', ARGV[2])
for i = 4, #ARGV, 2 do
  redis.call('HSET', KEYS[4], ARGV[i], ARGV[i + 1])
end
return {'ACKNOWLEDGED', ARGV[1]}
`,
}
