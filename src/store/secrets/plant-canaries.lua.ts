import type { Script } from '../script.ts'

/**
 * Adds what is not there yet, if there is nothing or the key that seals is among these.
 *
 * KEYS: canaries. ARGV: the field that names the key that seals, 1 to name the first of these keys there, then key id and
 * sealed canary of each key.
 * Returns 1 and the canary of each key, or 0 and the id of the key that seals.
 */
export const plantCanariesScript: Script = {
  name: 'syncPlantCanaries',
  lua: `
local sealing = redis.call('HGET', KEYS[1], ARGV[1])
local known = not sealing
for i = 3, #ARGV, 2 do known = known or ARGV[i] == sealing end
if not known then return {0, sealing} end
if not sealing or ARGV[2] == '1' then redis.call('HSET', KEYS[1], ARGV[1], ARGV[3]) end
local canaries = {1}
for i = 3, #ARGV, 2 do
  redis.call('HSETNX', KEYS[1], ARGV[i], ARGV[i + 1])
  canaries[#canaries + 1] = redis.call('HGET', KEYS[1], ARGV[i])
end
return canaries
`,
}
