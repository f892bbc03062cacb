/** So many ended jobs of a connection are kept, whatever the retention of jobs is. */
const keptJobs = 100

/**
 * Lua: what the end of a job leaves with its connection.
 *
 * `countEnd`: successes and failures. After k failures in a row the next scheduled sync waits 2^(k-1) minutes, an hour at
 * most. A cancelled job is neither. A success shows that the access token is good. It needs `signedIn`.
 *
 * `acknowledgeEnd`: with `ack: "on_success"` the connection's state moves to the end of the log. It is noted apart from
 * what clients acknowledge, so that no message of the log gives way for it.
 *
 * `keepRecord`: the record stays as long as it is one of the connection's latest.
 */
export const connectionEndFunctions = `
local function countEnd(connectionKey, finalStatus, now)
  if finalStatus == 'succeeded' then
    redis.call('HSET', connectionKey, 'lastSuccessAt', now, 'consecutiveFailures', 0)
    redis.call('HDEL', connectionKey, 'notBefore')
    signedIn(connectionKey, now)
  elseif finalStatus == 'failed' then
    local failures = redis.call('HINCRBY', connectionKey, 'consecutiveFailures', 1)
    local waitMs = math.min(2 ^ (failures - 1), 60) * 60000
    redis.call('HSET', connectionKey, 'notBefore', string.format('%.0f', tonumber(now) + waitMs))
  end
end
local function acknowledgeEnd(recordKey, statesKey, connectionKey, connectionStatesKey, jobId, generation, fullRefresh, last)
  local latestGeneration, acknowledgedBy = unpack(redis.call('HMGET', connectionKey, 'generation', 'acknowledgedBy'))
  if latestGeneration ~= generation or tonumber(acknowledgedBy or 0) > tonumber(jobId) then return end
  local isFull = {}
  for _, name in ipairs(cjson.decode(fullRefresh or '[]')) do isFull[name] = true end
  redis.call('HSET', recordKey, 'serviceAckedOffset', last)
  redis.call('HSET', connectionKey, 'acknowledgedBy', jobId)
  local states = redis.call('HGETALL', statesKey)
  for place = 1, #states, 2 do
    local name = states[place]
    if string.sub(name, 1, 6) ~= 'given:' and not isFull[name] then
      redis.call('HSET', connectionStatesKey, name, states[place + 1])
    end
  end
end
local function keepRecord(recordKey, connectionJobsKey, jobId, beforeId, afterId, recordRetentionMs)
  redis.call('HSET', recordKey, 'kept', 1)
  redis.call('LPUSH', connectionJobsKey, jobId)
  for _, id in ipairs(redis.call('LRANGE', connectionJobsKey, ${keptJobs}, -1)) do
    releaseRecord(beforeId .. id .. afterId, recordRetentionMs)
  end
  redis.call('LTRIM', connectionJobsKey, 0, ${keptJobs - 1})
end
`
