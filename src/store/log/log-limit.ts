/**
 * Lua: decides whether a log is full. A commit that would take the log over its limit of bytes (`LOG_LIMIT_BYTES`, after
 * compression) is refused whole, and the job fails with `log_full`.
 */
export const logIsFullFunction = `
local function logIsFull(heldBytes, addedBytes, limitBytes)
  return tonumber(heldBytes) + addedBytes > tonumber(limitBytes)
end
`
