import type { Redis } from 'ioredis'
import { sharedKeys } from './keys.ts'
import { runScript, type Script } from './scripts/script.ts'
import { type EncryptionKey, openText, SealBrokenError, sealToText } from './sealing.ts'

/** The encryption keys of this process are not those that sealed what is in Redis. The message names keys by their ids. */
export class KeysDoNotFitError extends Error {
  override name = 'KeysDoNotFitError'
}

/**
 * Adds what is not there yet, if there is nothing or something of one of these keys.
 *
 * KEYS: canaries. ARGV: key id and sealed canary of each key.
 * Returns the canary of each key, or the ids of all keys behind a 0 when none of these has one.
 */
const plantScript: Script = {
  name: 'syncPlantCanaries',
  lua: `
local known = redis.call('EXISTS', KEYS[1]) == 0
for i = 1, #ARGV, 2 do known = known or redis.call('HEXISTS', KEYS[1], ARGV[i]) == 1 end
if not known then return {0, unpack(redis.call('HKEYS', KEYS[1]))} end
local canaries = {1}
for i = 1, #ARGV, 2 do
  redis.call('HSETNX', KEYS[1], ARGV[i], ARGV[i + 1])
  canaries[#canaries + 1] = redis.call('HGET', KEYS[1], ARGV[i])
end
return canaries
`,
}

const canary = Buffer.from('canary')

/**
 * Tells whether this process can open what others have sealed in this Redis: each key leaves a sealed word there. A new
 * key comes in beside an old one, so a process has to have at least one key that left its word, and of two keys with one
 * id only one can open it.
 *
 * @throws KeysDoNotFitError; CodedError `store_unavailable`
 */
export async function checkKeys(redis: Redis, keys: readonly EncryptionKey[]): Promise<void> {
  const own = keys.flatMap(({ kid, key }) => [kid, sealToText(kid, key, canary, contextOf(kid))])
  const [known, ...found] = (await runScript(redis, plantScript, [sharedKeys.keyCanaries], own)) as [
    number,
    ...string[],
  ]
  const ids = keys.map(({ kid }) => kid).join(', ')
  if (known === 0) {
    throw new KeysDoNotFitError(
      `ENCRYPTION_KEYS: what is in this Redis was sealed with ${found.join(', ')}, and this process has ${ids}. ` +
        'Give it the keys of the other processes (those of keys.json, where they were made), or another Redis.',
    )
  }
  for (const [place, { kid, key }] of keys.entries()) {
    if (opens(key, found[place] ?? '', kid)) continue
    throw new KeysDoNotFitError(
      `ENCRYPTION_KEYS: the key ${kid} is another one than the key ${kid} that sealed what is in this Redis. ` +
        'Give the new key an id of its own, and keep the old one behind it.',
    )
  }
}

function opens(key: EncryptionKey['key'], sealed: string, kid: string): boolean {
  try {
    return openText(key, sealed, contextOf(kid)).equals(canary)
  } catch (error) {
    if (error instanceof SealBrokenError) return false
    throw error
  }
}

const contextOf = (keyId: string) => ({ tenant: '', keyId, purpose: 'canary' }) as const
