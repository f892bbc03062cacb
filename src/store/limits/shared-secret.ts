import { randomBytes } from 'node:crypto'
import type { StoreClient } from '../keys.ts'
import { runScript } from '../script.ts'
import { type EncryptionKey, openText, SealBrokenError, sealToText } from '../secrets/sealing.ts'
import { agreeOnSecretScript } from './agree-on-secret.lua.ts'

const secretBytes = 32

/**
 * A secret that all processes on one Redis share, whichever of their encryption keys comes first. It is made once, and
 * kept sealed by every key that has been used. It is only used for naming things by digests; it opens nothing.
 *
 * @param known the secret as this process knows it: if Redis has lost it, it stays the same
 * @throws CodedError `store_unavailable`
 */
export async function readSharedSecret(
  redis: StoreClient,
  keys: readonly EncryptionKey[],
  known?: Buffer,
): Promise<Buffer> {
  const copiesOf = (secret: Buffer) =>
    keys.map(({ kid, key }) => ({ keyId: kid, sealed: sealToText(kid, key, secret, contextOf(kid)) }))
  const held = await runScript(redis, agreeOnSecretScript, {
    keys: { secretsKey: redis.keyspace.secrets },
    entries: copiesOf(known ?? randomBytes(secretBytes)),
  })
  const secret = keys.map(({ kid, key }, place) => open(key, kid, held[place] ?? '')).find((one) => one !== undefined)
  if (!secret) throw new SealBrokenError('the secret that names what processes share cannot be opened')
  for (const [place, { keyId, sealed }] of copiesOf(secret).entries())
    if (held[place] === '') await redis.hsetnx(redis.keyspace.secrets, keyId, sealed)
  return secret
}

function open(key: EncryptionKey['key'], kid: string, sealed: string): Buffer | undefined {
  if (sealed === '') return undefined
  try {
    return openText(key, sealed, contextOf(kid))
  } catch (error) {
    if (error instanceof SealBrokenError) return undefined
    throw error
  }
}

const contextOf = (keyId: string) => ({ tenant: '', keyId, purpose: 'shared-secret' }) as const
