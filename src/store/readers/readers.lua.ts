import Type from 'typebox'
import { endedFunction, redisTimeFunction } from '../lua-functions.ts'
import { defineScript } from '../script.ts'

/** Lua: until when a job has readers, by the leases of present and awaited readers; 0 = no readers. */
const leasedUntilFunction = `
local function leasedUntil()
  local last = redis.call('ZREVRANGE', readersKey, 0, 0, 'WITHSCORES')
  return tonumber(last[2] or 0)
end
`

/** Only jobs that live as long as somebody reads them keep leases. */
const keys = ['recordKey', 'readersKey'] as const

/**
 * A reader reports that it is there. A new reader replaces one that is awaited.
 *
 * Replies 1, or 0 for a job that keeps no leases.
 */
export const renewReaderScript = defineScript({
  name: 'syncRenewReader',
  keys,
  args: [
    'readerId',
    'leaseMs',
    /** The ids of awaited readers begin with this. */
    'awaitedPrefix',
  ],
  reply: Type.Integer(),
  lua: `${endedFunction}${redisTimeFunction}${leasedUntilFunction}
local status, graceMs = unpack(redis.call('HMGET', recordKey, 'status', 'graceMs'))
if not status or ended(status) or not graceMs then return 0 end
local now = redisTime()
local isNew = redis.call('ZADD', readersKey, string.format('%.0f', now + tonumber(leaseMs)), readerId) == 1
redis.call('ZREMRANGEBYSCORE', readersKey, '-inf', string.format('(%.0f', now))
if isNew then
  redis.call('HSET', recordKey, 'lastReaderAt', string.format('%.0f', now))
  for _, reader in ipairs(redis.call('ZRANGE', readersKey, 0, -1)) do
    if string.sub(reader, 1, #awaitedPrefix) == awaitedPrefix then
      redis.call('ZREM', readersKey, reader)
      break
    end
  end
end
redis.call('HSET', recordKey, 'readersUntil', string.format('%.0f', leasedUntil()))
return 1
`,
})

/**
 * A reader hung up: the grace period counts from now, or from the end of the last other lease.
 *
 * Replies [ABANDONED, 0] when nobody is left and the grace period is over at once, else [KEPT, ms until it is over if
 * nobody comes]; 0 for a job that keeps no leases.
 */
export const dropReaderScript = defineScript({
  name: 'syncDropReader',
  keys,
  args: ['readerId'],
  reply: Type.Tuple([Type.Enum(['ABANDONED', 'KEPT']), Type.Integer()]),
  lua: `${endedFunction}${redisTimeFunction}${leasedUntilFunction}
local status, graceMs = unpack(redis.call('HMGET', recordKey, 'status', 'graceMs'))
if not status or ended(status) or not graceMs then return {'KEPT', 0} end
-- The first write has to be one that Redis refuses when memory is full (see Script).
redis.call('HSET', recordKey, 'readersUntil', 0)
redis.call('ZREM', readersKey, readerId)
local now = redisTime()
local others = math.max(now, leasedUntil())
redis.call('HSET', recordKey, 'readersUntil', string.format('%.0f', others))
if others > now or tonumber(graceMs) > 0 then return {'KEPT', others - now + tonumber(graceMs)} end
-- At once, so that nobody joins it in between.
redis.call('HSETNX', recordKey, 'cancelReason', 'abandoned')
return {'ABANDONED', 0}
`,
})

/**
 * The service cut a reader off, and the reader may need a while to come back. So its lease continues for that long,
 * under another id, because it comes back as a new reader. This call may have had to wait for Redis. So if a reader has
 * come since the cut, it counts as the one that was cut off.
 *
 * Replies 1, or 0 for a job that keeps no leases.
 */
export const awaitReaderScript = defineScript({
  name: 'syncAwaitReader',
  keys,
  args: [
    'readerId',
    /** The id under which it is awaited. */
    'awaitedId',
    /** For how long it is awaited. */
    'awaitedMs',
    'sinceCutMs',
  ],
  reply: Type.Integer(),
  lua: `${endedFunction}${redisTimeFunction}${leasedUntilFunction}
local status, graceMs, lastReaderAt = unpack(redis.call('HMGET', recordKey, 'status', 'graceMs', 'lastReaderAt'))
if not status or ended(status) or not graceMs then return 0 end
local now = redisTime()
local isBack = tonumber(lastReaderAt or 0) > now - tonumber(sinceCutMs)
if not isBack then redis.call('ZADD', readersKey, string.format('%.0f', now + tonumber(awaitedMs)), awaitedId) end
redis.call('HSET', recordKey, 'readersUntil', 0)
redis.call('ZREM', readersKey, readerId)
redis.call('HSET', recordKey, 'readersUntil', string.format('%.0f', math.max(now, leasedUntil())))
return 1
`,
})

/**
 * Lua: another caller wants the job, too. The longest grace applies. As soon as one caller wants the job even without
 * readers, it lives without them.
 */
export const shareFunction = `
local function share(wantedGraceMs)
  local status, graceMs = unpack(redis.call('HMGET', recordKey, 'status', 'graceMs'))
  if not status or ended(status) or not graceMs then return 0 end
  if wantedGraceMs == '' then
    redis.call('HDEL', recordKey, 'graceMs', 'readersUntil', 'leaseMs')
    redis.call('DEL', readersKey)
  elseif tonumber(wantedGraceMs) > tonumber(graceMs) then
    redis.call('HSET', recordKey, 'graceMs', wantedGraceMs)
  end
  return 1
end
`

/** The same as a separate call. Replies 1, or 0 for a job that keeps no leases. */
export const shareScript = defineScript({
  name: 'syncShare',
  keys,
  args: [
    /** The grace of this caller; '' if it reads nothing or wants no grace. */
    'wantedGraceMs',
  ],
  reply: Type.Integer(),
  lua: `${endedFunction}${shareFunction}
return share(wantedGraceMs)
`,
})
