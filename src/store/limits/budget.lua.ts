import Type from 'typebox'
import { defineScript } from '../script.ts'

/**
 * Writes the value of a token and that of its workspace, if the workspace is known: both or none, and only if nobody
 * has written since they were read. A value is a version, a space and a text. If it is sent twice (a lost reply), it
 * counts once.
 *
 * Replies [WRITTEN], or [CHANGED, value or '' of each key].
 */
export const swapBudgetScript = defineScript({
  name: 'syncSwapBudget',
  keys: ['tokenKey'],
  optionalKeys: ['workspaceKey'],
  args: [
    'timeToLiveMs',
    /** The version that was read, '' if there was none. */
    'tokenVersion',
    'tokenValue',
    'workspaceVersion',
    'workspaceValue',
  ],
  reply: Type.Array(Type.String(), { minItems: 1 }),
  lua: `
local values = {{key = tokenKey, expected = tokenVersion, value = tokenValue}}
if workspaceKey then values[2] = {key = workspaceKey, expected = workspaceVersion, value = workspaceValue} end
local reply, fits, already = {'CHANGED'}, true, true
for i, new in ipairs(values) do
  local held = redis.call('GET', new.key) or ''
  local version = string.match(held, '^%S+') or ''
  if version ~= new.expected then fits = false end
  if version ~= string.match(new.value, '^%S+') then already = false end
  reply[i + 1] = held
end
if already then return {'WRITTEN'} end
if not fits then return reply end
for _, new in ipairs(values) do redis.call('SET', new.key, new.value, 'PX', timeToLiveMs) end
return {'WRITTEN'}
`,
})
