import { failingFrom } from '../../schedules/connection-schedule.ts'

/**
 * Lua: leaves an event of a connection in the list of events, in the script that causes it, so that no crash lies between the two.
 * Nothing is left for a connection whose webhooks do not want it.
 *
 * `tellHealth`: a connection begins to fail, or has recovered, since it last was told.
 *
 * `about` is the JSON of `ToldEvent`.
 */
export const tellFunctions = `
local function tell(eventsKey, connectionKey, event, about)
  local wanted = redis.call('HGET', connectionKey, 'webhookEvents')
  if wanted and string.find(wanted, ' ' .. event .. ' ', 1, true) then
    redis.call('LPUSH', eventsKey, event .. ' ' .. about)
  end
end
local function tellHealth(eventsKey, connectionKey, about)
  local failures, told = unpack(redis.call('HMGET', connectionKey, 'consecutiveFailures', 'toldFailing'))
  local isFailing = tonumber(failures or 0) >= ${failingFrom}
  if isFailing and not told then
    redis.call('HSET', connectionKey, 'toldFailing', 1)
    tell(eventsKey, connectionKey, 'connection.failing', about)
  elseif told and tonumber(failures or 0) == 0 then
    redis.call('HDEL', connectionKey, 'toldFailing')
    tell(eventsKey, connectionKey, 'connection.recovered', about)
  end
end
`
