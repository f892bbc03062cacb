import { activeJobFunction, endedFunction, type Script } from '../script.ts'

/**
 * Makes a connection, or replaces its settings and nothing else.
 *
 * KEYS: record, index of connections, last generation. ARGV: now, connection id, settings (sealed).
 * Returns CREATED or REPLACED.
 */
export const putConnectionScript: Script = {
  name: 'syncPutConnection',
  lua: `
local created = redis.call('EXISTS', KEYS[1]) == 0
redis.call('HSET', KEYS[1], 'settings', ARGV[3], 'lastUpdatedAt', ARGV[1])
if not created then return 'REPLACED' end
redis.call('HSET', KEYS[1], 'createdAt', ARGV[1], 'generation', redis.call('INCR', KEYS[3]))
redis.call('ZADD', KEYS[2], 0, ARGV[2])
return 'CREATED'
`,
}

/**
 * Removes a connection and its state, unless a job has it.
 *
 * KEYS: record, states, index of connections.
 * ARGV: connection id, what stands before and after a job's id in the key of its record.
 * Returns [REMOVED], [MISSING] or [BUSY, job id].
 */
export const removeConnectionScript: Script = {
  name: 'syncRemoveConnection',
  lua: `${endedFunction}${activeJobFunction}
if redis.call('EXISTS', KEYS[1]) == 0 then return {'MISSING'} end
local active = activeJob(KEYS[1], ARGV[2], ARGV[3])
if active then return {'BUSY', active} end
redis.call('DEL', KEYS[1], KEYS[2])
redis.call('ZREM', KEYS[3], ARGV[1])
return {'REMOVED'}
`,
}
