import Type from 'typebox'
import { defineScript } from '../script.ts'

/**
 * Adds the missing canaries, if there are none at all or if these keys include the one that seals.
 *
 * Replies [KNOWN, canary of each key] or [UNKNOWN, id of the key that seals].
 */
export const plantCanariesScript = defineScript({
  name: 'syncPlantCanaries',
  keys: ['canariesKey'],
  args: [
    /** The field that names the key that seals. */
    'sealingField',
    /** '1' to store the first of the keys in that field. */
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
