/**
 * Lua: decides whether a log is full. A commit that would take what the job has in Redis over its limit of bytes
 * (`LOG_LIMIT_BYTES`) is refused whole, and the job waits for room.
 */
export const logIsFullFunction = `
local function logIsFull(heldBytes, addedBytes, limitBytes)
  return tonumber(heldBytes) + addedBytes > tonumber(limitBytes)
end
`
