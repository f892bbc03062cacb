/**
 * Lua, for scripts that give a connection an access token. They need `activeJob`.
 *
 * `refuseToken`: the reply for a token of another workspace, or for a state that is to be reset while a job moves it.
 *
 * `takeWorkspace`: what the connection's data is of from now on.
 */
export const takeTokenFunctions = `
local function refuseToken(recordKey, workspaceId, resetState, beforeId, afterId)
  if resetState == '1' then
    local active = activeJob(recordKey, beforeId, afterId)
    return active and {'BUSY', active} or nil
  end
  local known = redis.call('HGET', recordKey, 'workspace')
  return known and workspaceId ~= '' and known ~= workspaceId and {'OTHER', known} or nil
end
local function takeWorkspace(recordKey, statesKey, lastGenerationKey, workspaceId, resetState)
  if resetState == '1' then
    redis.call('HSET', recordKey, 'generation', redis.call('INCR', lastGenerationKey))
    redis.call('HDEL', recordKey, 'workspace')
    redis.call('DEL', statesKey)
  end
  if workspaceId ~= '' then redis.call('HSET', recordKey, 'workspace', workspaceId) end
end
`
