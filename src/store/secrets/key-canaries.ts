import { storeAnswer } from '../availability.ts'
import type { StoreClient } from '../keys.ts'
import { runScript } from '../script.ts'
import { plantCanariesScript } from './plant-canaries.lua.ts'
import { type EncryptionKey, openText, SealBrokenError, sealToText } from './sealing.ts'

/**
 * The encryption keys of this process are not those that sealed the data in Redis. The message names keys by their ids.
 */
export class KeysDoNotFitError extends Error {
  override name = 'KeysDoNotFitError'
}

const canary = Buffer.from('canary')
/** No key has such an id. */
const sealingField = ':sealing'

/**
 * Checks that this process can open what others seal in this Redis. Each key leaves a sealed word there. Beside these
 * words is the id of the sealing key of the process that started last. A new key is first added behind the old one, so
 * every process has the key that seals.
 *
 * @param when a start names its first key as the one that seals
 * @throws KeysDoNotFitError; CodedError `store_unavailable`
 */
export async function checkKeys(
  redis: StoreClient,
  keys: readonly EncryptionKey[],
  when: 'at its start' | 'later' = 'later',
): Promise<void> {
  const [outcome, ...found] = await runScript(redis, plantCanariesScript, {
    keys: { canariesKey: redis.keyspace.keyCanaries },
    args: { sealingField, nameFirst: when === 'at its start', firstKeyId: keys[0]?.kid },
    entries: keys.map(({ kid, key }) => ({ keyId: kid, canary: sealToText(kid, key, canary, contextOf(kid)) })),
  })
  if (outcome === 'UNKNOWN') {
    const ids = keys.map(({ kid }) => kid).join(', ')
    throw new KeysDoNotFitError(
      `ENCRYPTION_KEYS: what is in this Redis is sealed with the key ${found[0]}, and this process has ${ids}. Give it ` +
        `the keys of the other processes (those of keys.json, where they were made). If ${found[0]} is lost for good, ` +
        `remove ${redis.keyspace.keyCanaries} and ${redis.keyspace.secrets} from Redis: what was sealed with it stays closed.`,
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

/** Makes these the keys of this Redis, and abandons the data that others have sealed. */
export async function adoptKeys(redis: StoreClient, keys: readonly EncryptionKey[]): Promise<void> {
  await storeAnswer(redis.del(redis.keyspace.keyCanaries, redis.keyspace.secrets))
  await checkKeys(redis, keys, 'at its start')
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
