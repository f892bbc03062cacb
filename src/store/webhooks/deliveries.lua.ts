import Type from 'typebox'
import { defineScript } from '../script.ts'

/** A connection's deliveries, and where all connections' are found. */
export const deliveryKeys = ['deliveriesKey', 'orderKey', 'dueKey', 'pendingKey', 'failedKey'] as const

/** Lua: removes a delivery from everywhere. */
const removeFunction = `
local function removeDelivery(id, owner)
  local number = redis.call('ZSCORE', orderKey, id)
  if number then
    for _, member in ipairs(redis.call('ZRANGE', dueKey, 0, -1)) do
      if string.sub(member, -#id) == id then redis.call('ZREM', dueKey, member) end
    end
  end
  redis.call('HDEL', deliveriesKey, id)
  redis.call('ZREM', orderKey, id)
  redis.call('ZREM', pendingKey, owner .. id)
  redis.call('ZREM', failedKey, owner .. id)
end
`

/**
 * Makes the deliveries of an event and takes the event from the list of events, unless somebody else has. Deliveries that are there
 * already stay as they are. Entries without a text are older deliveries that give way.
 *
 * Replies TAKEN, GONE when there is no such connection any more, or DONE.
 */
export const addDeliveriesScript = defineScript({
  name: 'webhooksAdd',
  keys: ['connectionKey', 'eventsKey', ...deliveryKeys],
  args: [
    /** As it stands in the list of events; '' for an event that was never there. */
    'eventEntry',
    'now',
    /** What stands before the id of a delivery where all connections' are found. */
    'owner',
    'keptMs',
  ],
  entries: ['id', 'place', 'record'],
  reply: Type.Enum(['DONE', 'TAKEN', 'GONE']),
  lua: `${removeFunction}
if eventEntry ~= '' and not redis.call('LPOS', eventsKey, eventEntry) then return 'TAKEN' end
local isThere = redis.call('EXISTS', connectionKey) == 1
if isThere then
  for id, place, record in entries() do
    if record == '' then
      removeDelivery(id, owner)
    elseif redis.call('HEXISTS', deliveriesKey, id) == 0 then
      local number = redis.call('HINCRBY', connectionKey, 'lastDelivery', 1)
      redis.call('HSET', deliveriesKey, id, record)
      redis.call('ZADD', orderKey, number, id)
      redis.call('ZADD', dueKey, now, string.format('%s:%012d:%s', place, number, id))
      redis.call('ZADD', pendingKey, now, owner .. id)
    end
  end
  for _, key in ipairs({deliveriesKey, orderKey, dueKey}) do redis.call('PEXPIRE', key, keptMs) end
end
if eventEntry ~= '' then redis.call('LREM', eventsKey, -1, eventEntry) end
return isThere and 'DONE' or 'GONE'
`,
})

/** Changes a delivery, unless somebody else has. Replies DONE or CHANGED. */
export const changeDeliveryScript = defineScript({
  name: 'webhooksChange',
  keys: deliveryKeys,
  args: [
    'id',
    'place',
    /** As read. */
    'expected',
    'record',
    /** When it is tried next; '' when it is over. */
    'dueAt',
    /** '1' or ''. */
    'hasFailed',
    'now',
    'owner',
    'keptMs',
  ],
  reply: Type.Enum(['DONE', 'CHANGED']),
  lua: `
local number = redis.call('ZSCORE', orderKey, id)
if not number or redis.call('HGET', deliveriesKey, id) ~= expected then return 'CHANGED' end
local member = string.format('%s:%012d:%s', place, number, id)
redis.call('HSET', deliveriesKey, id, record)
if dueAt ~= '' then
  redis.call('ZADD', dueKey, dueAt, member)
  redis.call('ZADD', pendingKey, 'NX', now, owner .. id)
else
  redis.call('ZREM', dueKey, member)
  redis.call('ZREM', pendingKey, owner .. id)
end
if hasFailed == '1' then
  redis.call('ZADD', failedKey, now, owner .. id)
else
  redis.call('ZREM', failedKey, owner .. id)
end
for _, key in ipairs({deliveriesKey, orderKey, dueKey}) do redis.call('PEXPIRE', key, keptMs) end
return 'DONE'
`,
})

/** Lua: removes all deliveries of a connection. */
export const removeDeliveriesFunction = `
local function removeDeliveries(deliveriesKey, orderKey, dueKey, pendingKey, failedKey, owner)
  for _, id in ipairs(redis.call('ZRANGE', orderKey, 0, -1)) do
    redis.call('ZREM', pendingKey, owner .. id)
    redis.call('ZREM', failedKey, owner .. id)
  end
  redis.call('DEL', deliveriesKey, orderKey, dueKey)
end
`
