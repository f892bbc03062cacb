import { endedFunction, redisTimeFunction, type Script } from './script.ts'

/**
 * A reader says that it is there. Only jobs that depend on readers keep leases.
 *
 * KEYS: record, readers. ARGV: reader id, lease ms.
 */
export const renewReaderScript: Script = {
  name: 'syncRenewReader',
  lua: `${endedFunction}${redisTimeFunction}
local record = redis.call('HMGET', KEYS[1], 'status', 'graceMs', 'readersUntil')
if not record[1] or ended(record[1]) or not record[2] then return 0 end
local now = redisTime()
local untilTime = now + tonumber(ARGV[2])
redis.call('ZADD', KEYS[2], string.format('%.0f', untilTime), ARGV[1])
redis.call('ZREMRANGEBYSCORE', KEYS[2], '-inf', string.format('(%.0f', now))
if untilTime > tonumber(record[3]) then
  redis.call('HSET', KEYS[1], 'readersUntil', string.format('%.0f', untilTime))
end
return 1
`,
}

/**
 * A reader hung up: grace counts from now, or from the end of the last other lease.
 *
 * KEYS: record, readers. ARGV: reader id.
 * Returns ABANDONED when nobody is left and grace is over at once, else KEPT.
 */
export const dropReaderScript: Script = {
  name: 'syncDropReader',
  lua: `${endedFunction}${redisTimeFunction}
local record = redis.call('HMGET', KEYS[1], 'status', 'graceMs')
if not record[1] or ended(record[1]) or not record[2] then return 'KEPT' end
local now = redisTime()
local others = now
for _, reader in ipairs(redis.call('ZRANGE', KEYS[2], 0, -1)) do
  if reader ~= ARGV[1] then others = math.max(others, tonumber(redis.call('ZSCORE', KEYS[2], reader))) end
end
redis.call('HSET', KEYS[1], 'readersUntil', string.format('%.0f', others))
redis.call('ZREM', KEYS[2], ARGV[1])
if others <= now and tonumber(record[2]) <= 0 then return 'ABANDONED' end
return 'KEPT'
`,
}

/**
 * Somebody else wants the job, too: it lives by the longest grace, and without readers once one caller wants it so.
 *
 * KEYS: record, readers. ARGV: the grace of this one in ms, '' = it reads nothing, or wants no grace.
 */
export const shareScript: Script = {
  name: 'syncShare',
  lua: `${endedFunction}
local record = redis.call('HMGET', KEYS[1], 'status', 'graceMs')
if not record[1] or ended(record[1]) or not record[2] then return 0 end
if ARGV[1] == '' then
  redis.call('HDEL', KEYS[1], 'graceMs', 'readersUntil', 'leaseMs')
  redis.call('DEL', KEYS[2])
elseif tonumber(ARGV[1]) > tonumber(record[2]) then
  redis.call('HSET', KEYS[1], 'graceMs', ARGV[1])
end
return 1
`,
}

/**
 * The job goes on without readers.
 *
 * KEYS: record, readers.
 */
export const detachScript: Script = {
  name: 'syncDetach',
  lua: `
redis.call('HDEL', KEYS[1], 'graceMs', 'readersUntil', 'leaseMs')
redis.call('DEL', KEYS[2])
return 1
`,
}
