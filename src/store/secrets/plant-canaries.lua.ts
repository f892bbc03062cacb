import Type from 'typebox'
import { defineScript } from '../script.ts'

/**
 * Adds what is not there yet, if there is nothing or the key that seals is among these.
 *
 * Replies [KNOWN, canary of each key] or [UNKNOWN, id of the key that seals].
 */
export const plantCanariesScript = defineScript({
  name: 'syncPlantCanaries',
  keys: ['canariesKey'],
  args: [
    /** The field that names the key that seals. */
    'sealingField',
    /** '1' to name the first of the keys there. */
    'nameFirst',
    'firstKeyId',
  ],
  entries: ['keyId', 'canary'],
  reply: Type.Array(Type.String(), { minItems: 1 }),
  lua: `
local sealing = redis.call('HGET', canariesKey, sealingField)
local known = not sealing
for keyId in entries() do known = known or keyId == sealing end
if not known then return {'UNKNOWN', sealing} end
if not sealing or nameFirst == '1' then redis.call('HSET', canariesKey, sealingField, firstKeyId) end
local canaries = {'KNOWN'}
for keyId, canary in entries() do
  redis.call('HSETNX', canariesKey, keyId, canary)
  canaries[#canaries + 1] = redis.call('HGET', canariesKey, keyId)
end
return canaries
`,
})
