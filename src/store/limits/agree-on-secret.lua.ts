import Type from 'typebox'
import { defineScript } from '../script.ts'

/**
 * Writes the secret sealed by each key, unless one of these keys has sealed one already.
 *
 * Replies the stored value for each key, '' for none.
 */
export const agreeOnSecretScript = defineScript({
  name: 'syncAgreeOnSecret',
  keys: ['secretsKey'],
  entries: ['keyId', 'sealed'],
  reply: Type.Array(Type.String()),
  lua: `
local found = false
for keyId in entries() do found = found or redis.call('HEXISTS', secretsKey, keyId) == 1 end
local held = {}
for keyId, sealed in entries() do
  if not found then redis.call('HSET', secretsKey, keyId, sealed) end
  held[#held + 1] = redis.call('HGET', secretsKey, keyId) or ''
end
return held
`,
})
