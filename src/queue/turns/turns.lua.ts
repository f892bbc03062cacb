import Type from 'typebox'
import { redisTimeFunction } from '../../store/lua-functions.ts'
import { defineScript } from '../../store/script.ts'

/*
 * BullMQ's open edition serves jobs in their order of arrival or by a number given in advance. Neither lets tenants take
 * turns, so jobs wait here, and only the next few are in BullMQ's queue. All keys have the queue's hash tag.
 */

/** Lua: the two parts of a flow, `<digest of the token> <tenant>`: the jobs that share their turns. */
const flowFunction = `
local function partsOf(flow)
  return string.match(flow or ' ', '^(%S*) (.*)$')
end
`

/**
 * Takes a job in, if one is given, and hands out the next ones: as many as BullMQ's queue has room for, and one more for
 * each tenant that has none under way. Tenants take turns, then the tokens of a tenant; the jobs of a token come in their
 * order. A token at its limit is passed over.
 *
 * Replies the ids, each with its priority in BullMQ's queue, which counts rounds: each job of a tenant comes a round after
 * its last one, and never before the round that is being served (start-time fair queueing). The rounds begin anew whenever
 * no job is under way. Should some always be, for two million rounds, later jobs come in their order.
 */
export const admitScript = defineScript({
  name: 'turnsAdmit',
  keys: ['tenantsKey', 'pendingKey', 'underWayKey', 'limitedKey', 'roundsKey', 'waitKey', 'prioritizedKey'],
  args: [
    /** What the names of the other keys begin with. */
    'prefix',
    /** Jobs that BullMQ's queue should hold. */
    'most',
    /** '' to take none in. */
    'jobId',
    'token',
    'tenant',
    /** The lowest priority that BullMQ knows. */
    'lowestPriority',
  ],
  reply: Type.Array(Type.String()),
  lua: `${redisTimeFunction}${flowFunction}
local function tokensOf(tenant) return prefix .. 'tokens:' .. tenant end
local function jobsOf(token, tenant) return prefix .. 'jobs:' .. token .. ':' .. tenant end
local function nextTurn() return redis.call('INCR', prefix .. 'turn') end

if jobId ~= '' and redis.call('HSETNX', pendingKey, jobId, token .. ' ' .. tenant) == 1 then
  redis.call('HDEL', underWayKey, jobId)
  redis.call('ZADD', jobsOf(token, tenant), jobId, jobId)
  redis.call('ZADD', tokensOf(tenant), 'NX', nextTurn(), token)
  redis.call('ZADD', tenantsKey, 'NX', nextTurn(), tenant)
end
if redis.call('ZCARD', tenantsKey) == 0 then return {} end

local inLine = redis.call('ZCARD', prioritizedKey)
local room = tonumber(most) - redis.call('LLEN', waitKey) - inLine
-- The round that is being served never goes back, though a job that rested comes back with an earlier one: else tenants
-- that have been served for long would be rounds ahead of one that has just come.
local roundKey = prefix .. 'round'
local flows = redis.call('HGETALL', underWayKey)
local isIdle = inLine == 0 and #flows == 0
local head = redis.call('ZRANGE', prioritizedKey, 0, 0, 'WITHSCORES')[2] or 0
local served = isIdle and 0 or tonumber(redis.call('GET', roundKey) or 0)
if isIdle then redis.call('DEL', roundsKey) end
if inLine == 0 then
  -- All that was handed out has begun, so the latest round of any tenant is being served.
  local nextRounds = redis.call('HGETALL', roundsKey)
  for place = 2, #nextRounds, 2 do served = math.max(served, nextRounds[place] - 1) end
end
local round = math.max(1, served, math.floor(head / 4294967296))
redis.call('SET', roundKey, round)
local underWay = {}
for place = 2, #flows, 2 do
  local _, of = partsOf(flows[place])
  underWay[of] = (underWay[of] or 0) + 1
end
lowestPriority = tonumber(lowestPriority)
local now = redisTime()

local function passTurn(key, name, rest)
  if redis.call('EXISTS', rest) == 0 then
    redis.call('ZREM', key, name)
  else
    redis.call('ZADD', key, 'XX', nextTurn(), name)
  end
end

local function nextOf(tenant)
  for _, token in ipairs(redis.call('ZRANGE', tokensOf(tenant), 0, -1)) do
    local limitedUntil = redis.call('HGET', limitedKey, token)
    if not limitedUntil or tonumber(limitedUntil) <= now then
      local jobs = jobsOf(token, tenant)
      local id = redis.call('ZRANGE', jobs, 0, 0)[1]
      if id then
        redis.call('HSET', underWayKey, id, token .. ' ' .. tenant)
        redis.call('HDEL', pendingKey, id)
        redis.call('ZREM', jobs, id)
      end
      passTurn(tokensOf(tenant), token, jobs)
      passTurn(tenantsKey, tenant, tokensOf(tenant))
      if id then return id end
    end
  end
end

local admitted = {}
repeat
  local isAny = false
  for _, tenant in ipairs(redis.call('ZRANGE', tenantsKey, 0, -1)) do
    local count = underWay[tenant] or 0
    local id = (room > 0 or count == 0) and nextOf(tenant)
    if id then
      isAny = true
      room = room - 1
      underWay[tenant] = count + 1
      local own = math.min(math.max(round, tonumber(redis.call('HGET', roundsKey, tenant) or 0)), lowestPriority)
      redis.call('HSET', roundsKey, tenant, own + 1)
      admitted[#admitted + 1] = id
      admitted[#admitted + 1] = string.format('%.0f', own)
    end
  end
until not isAny or room <= 0
return admitted
`,
})

/**
 * Notes which tokens are at their limit, and tells who waits.
 *
 * Replies the flows of the jobs in BullMQ's queue whose token is not at its limit, at most 100 in either of its orders,
 * and the flow of each job that was named. A job of an earlier version has the flow ' '.
 */
export const noteLimitsScript = defineScript({
  name: 'turnsLook',
  keys: ['underWayKey', 'limitedKey', 'waitKey', 'prioritizedKey'],
  args: [
    /** What the names of jobs begin with in BullMQ's queue. */
    'idPrefix',
  ],
  /** The jobs of the caller; `limitedMs` is how long the job's token will be at its limit, '' if it is not. */
  entries: ['jobId', 'limitedMs'],
  reply: Type.Tuple([Type.Array(Type.String()), Type.Array(Type.String())]),
  lua: `${redisTimeFunction}${flowFunction}
local now = redisTime()
local own = {}
for jobId, limitedMs in entries() do
  local flow = redis.call('HGET', underWayKey, jobId) or ' '
  local token = partsOf(flow)
  own[#own + 1] = flow
  if limitedMs ~= '' and token ~= '' then
    redis.call('HSET', limitedKey, token, string.format('%.0f', now + tonumber(limitedMs)))
  end
end
local limits = redis.call('HGETALL', limitedKey)
local isLimited = {}
for place = 1, #limits, 2 do
  if tonumber(limits[place + 1]) > now then
    isLimited[limits[place]] = true
  else
    redis.call('HDEL', limitedKey, limits[place])
  end
end

local waiting = {}
local function note(names)
  for _, name in ipairs(names) do
    local flow = redis.call('HGET', underWayKey, string.sub(name, #idPrefix + 1)) or ' '
    local token = partsOf(flow)
    if not isLimited[token] then waiting[#waiting + 1] = flow end
  end
end
note(redis.call('LRANGE', waitKey, -100, -1))
note(redis.call('ZRANGE', prioritizedKey, 0, 99))
return {waiting, own}
`,
})

/** A job that waits here waits no longer. Replies 1. */
export const leaveScript = defineScript({
  name: 'turnsLeave',
  keys: ['pendingKey', 'underWayKey'],
  args: ['prefix', 'jobId'],
  reply: Type.Integer(),
  lua: `${flowFunction}
local flow = redis.call('HGET', pendingKey, jobId)
redis.call('HDEL', underWayKey, jobId)
if flow then
  local token, tenant = partsOf(flow)
  redis.call('HDEL', pendingKey, jobId)
  redis.call('ZREM', prefix .. 'jobs:' .. token .. ':' .. tenant, jobId)
end
return 1
`,
})
