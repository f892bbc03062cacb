import type { Script } from '../script.ts'

/**
 * Takes a lease or renews it, unless somebody else has it.
 *
 * KEYS: lease. ARGV: holder, time to live in ms. Returns 1 when the holder has it.
 */
export const holdLeaseScript: Script = {
  name: 'scrollLeaseHold',
  lua: `
local holder = redis.call('GET', KEYS[1])
if holder and holder ~= ARGV[1] then return 0 end
redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
return 1
`,
}

/** Gives a lease back. KEYS: lease. ARGV: holder. */
export const releaseLeaseScript: Script = {
  name: 'scrollLeaseRelease',
  lua: `
if redis.call('GET', KEYS[1]) == ARGV[1] then redis.call('DEL', KEYS[1]) end
return 1
`,
}
