import { endedFunction, redisTimeFunction, type Script } from '../script.ts'

/** Lua: until when a job has readers, by the leases of those that there are and those that are awaited; 0 = none. */
const leasedUntilFunction = `
local function leasedUntil(readers)
  local last = redis.call('ZREVRANGE', readers, 0, 0, 'WITHSCORES')
  return tonumber(last[2] or 0)
end
`

/**
 * A reader says that it is there. Only jobs that depend on readers keep leases. A reader that comes takes the place of one
 * that is awaited.
 *
 * KEYS: record, readers. ARGV: reader id, lease ms, what the ids of awaited readers begin with.
 */
export const renewReaderScript: Script = {
  name: 'syncRenewReader',
  lua: `${endedFunction}${redisTimeFunction}${leasedUntilFunction}
local record = redis.call('HMGET', KEYS[1], 'status', 'graceMs')
if not record[1] or ended(record[1]) or not record[2] then return 0 end
local now = redisTime()
local isNew = redis.call('ZADD', KEYS[2], string.format('%.0f', now + tonumber(ARGV[2])), ARGV[1]) == 1
redis.call('ZREMRANGEBYSCORE', KEYS[2], '-inf', string.format('(%.0f', now))
if isNew then
  redis.call('HSET', KEYS[1], 'lastReaderAt', string.format('%.0f', now))
  for _, reader in ipairs(redis.call('ZRANGE', KEYS[2], 0, -1)) do
    if string.sub(reader, 1, #ARGV[3]) == ARGV[3] then
      redis.call('ZREM', KEYS[2], reader)
      break
    end
  end
end
redis.call('HSET', KEYS[1], 'readersUntil', string.format('%.0f', leasedUntil(KEYS[2])))
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
  lua: `${endedFunction}${redisTimeFunction}${leasedUntilFunction}
local record = redis.call('HMGET', KEYS[1], 'status', 'graceMs')
if not record[1] or ended(record[1]) or not record[2] then return 'KEPT' end
-- The first write has to be one that Redis refuses when memory is full (see Script).
redis.call('HSET', KEYS[1], 'readersUntil', 0)
redis.call('ZREM', KEYS[2], ARGV[1])
local now = redisTime()
local others = math.max(now, leasedUntil(KEYS[2]))
redis.call('HSET', KEYS[1], 'readersUntil', string.format('%.0f', others))
if others > now or tonumber(record[2]) > 0 then return 'KEPT' end
-- At once, so that nobody joins it in between.
redis.call('HSETNX', KEYS[1], 'cancelReason', 'abandoned')
return 'ABANDONED'
`,
}

/**
 * A reader was cut off by the service, and may take a while to come back: its lease goes on for so long, under another id,
 * since it comes as a new reader. Saying so may have had to wait for Redis: a reader that has come since is taken for it.
 *
 * KEYS: record, readers. ARGV: reader id, the id under which it is awaited, for how long in ms, ms since it was cut off.
 */
export const awaitReaderScript: Script = {
  name: 'syncAwaitReader',
  lua: `${endedFunction}${redisTimeFunction}${leasedUntilFunction}
local record = redis.call('HMGET', KEYS[1], 'status', 'graceMs', 'lastReaderAt')
if not record[1] or ended(record[1]) or not record[2] then return 0 end
local now = redisTime()
local isBack = tonumber(record[3] or 0) > now - tonumber(ARGV[4])
if not isBack then redis.call('ZADD', KEYS[2], string.format('%.0f', now + tonumber(ARGV[3])), ARGV[2]) end
redis.call('HSET', KEYS[1], 'readersUntil', 0)
redis.call('ZREM', KEYS[2], ARGV[1])
redis.call('HSET', KEYS[1], 'readersUntil', string.format('%.0f', math.max(now, leasedUntil(KEYS[2]))))
return 1
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
