import type { Script } from '../script.ts'

/**
 * Writes values, all or none, if nobody has written since they were read. A value is a version, a space and a text.
 * Sent twice (a lost reply) it counts once.
 *
 * KEYS: values. ARGV: time to live in ms, then of each key: version expected, '' for none, and the new value.
 * Returns [1], or [0, value or '' of each key].
 */
export const swapBudgetScript: Script = {
  name: 'syncSwapBudget',
  lua: `
local held, fits, already = {}, true, true
for i, key in ipairs(KEYS) do
  held[i] = redis.call('GET', key) or ''
  local version = string.match(held[i], '^%S+') or ''
  if version ~= ARGV[2 * i] then fits = false end
  if version ~= string.match(ARGV[2 * i + 1], '^%S+') then already = false end
end
if already then return {1} end
if not fits then return {0, unpack(held)} end
for i, key in ipairs(KEYS) do
  redis.call('SET', key, ARGV[2 * i + 1], 'PX', ARGV[1])
end
return {1}
`,
}
