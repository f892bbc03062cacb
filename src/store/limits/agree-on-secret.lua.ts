import type { Script } from '../script.ts'

/**
 * KEYS: secrets. ARGV: key id and the sealed new secret of each key.
 * Returns what is there of these keys, the new ones where nothing is.
 */
export const agreeOnSecretScript: Script = {
  name: 'syncAgreeOnSecret',
  lua: `
local found = false
for i = 1, #ARGV, 2 do found = found or redis.call('HEXISTS', KEYS[1], ARGV[i]) == 1 end
local held = {}
for i = 1, #ARGV, 2 do
  if not found then redis.call('HSET', KEYS[1], ARGV[i], ARGV[i + 1]) end
  held[#held + 1] = redis.call('HGET', KEYS[1], ARGV[i]) or ''
end
return held
`,
}
