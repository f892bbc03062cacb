/** Lua: whether a status is final. */
export const endedFunction = `
local function ended(status)
  return status == 'succeeded' or status == 'failed' or status == 'cancelled'
end
`

/** Lua: identity of the Redis process, empty if unknown. Another process may have lost the newest writes. */
export const runIdFunction = `
local foundRunId
local function runId()
  if foundRunId then return foundRunId end
  local info = redis.pcall('INFO', 'server')
  foundRunId = type(info) == 'string' and string.match(info, 'run_id:(%w+)') or ''
  return foundRunId
end
`

/**
 * Lua: whether the log may differ from what an attempt has written, because Redis is another process than at the last
 * commit. It cannot differ while the attempt holds the queue's lock, because nobody else can have written meanwhile.
 */
export const mayBeOtherLogFunction = `
local function mayBeOtherLog(runIdOfLog, lockKey, token)
  if not runIdOfLog or runIdOfLog == runId() then return false end
  return token == '' or redis.call('GET', lockKey) ~= token
end
`

/**
 * Lua: the epoch of a log that has gone back in time: still this job's, but a random text distinguishes it from the one
 * before.
 */
export const laterEpochFunction = `
local function laterEpoch(epoch, random)
  return string.match(epoch, '^[^.]*') .. '.' .. random
end
`

/** Lua: Redis's own clock in ms, the same for every process whatever their clocks say. */
export const redisTimeFunction = `
local function redisTime()
  local time = redis.call('TIME')
  return tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000)
end
`

/**
 * Lua: the job that holds a connection, or nil. The connection's record only names its latest job. Whether that job
 * still runs, its own record decides. So the script that ends a job releases its connection, and no lock can be left
 * behind.
 */
export const activeJobFunction = `
local function activeJob(connectionKey, beforeId, afterId)
  local id = redis.call('HGET', connectionKey, 'latestJob')
  local status = id and redis.call('HGET', beforeId .. id .. afterId, 'status')
  return status and not ended(status) and id or nil
end
`

/**
 * Lua: the record of an ended job is no longer kept for its connection. Nothing is written for a record that is gone:
 * its key would come back, without an end.
 */
export const releaseRecordFunction = `
local function releaseRecord(recordKey, recordRetentionMs)
  if redis.call('HDEL', recordKey, 'kept') == 1 then redis.call('PEXPIRE', recordKey, recordRetentionMs) end
end
`
