import { randomBytes } from 'node:crypto'
import type { Redis } from 'ioredis'
import { sharedKeys } from '../keys.ts'
import { runScript } from '../script.ts'
import { type EncryptionKey, openText, SealBrokenError, sealToText } from '../secrets/sealing.ts'
import { agreeOnSecretScript } from './agree-on-secret.lua.ts'

const secretBytes = 32

/**
 * A secret that all processes on one Redis share, whichever of their encryption keys comes first: made once, and kept
 * sealed by every key that has been used. It names things by digests, and opens nothing.
 *
 * @param known the secret as it was: where Redis has lost it, it stays the same
 * @throws CodedError `store_unavailable`
 */
export async function readSharedSecret(redis: Redis, keys: readonly EncryptionKey[], known?: Buffer): Promise<Buffer> {
  const sealed = (secret: Buffer) => keys.flatMap(({ kid, key }) => [kid, sealToText(kid, key, secret, contextOf(kid))])
  const made = sealed(known ?? randomBytes(secretBytes))
  const held = (await runScript(redis, agreeOnSecretScript, [sharedKeys.secrets], made)) as string[]
  const secret = keys.map(({ kid, key }, place) => open(key, kid, held[place] ?? '')).find((one) => one !== undefined)
  if (!secret) throw new SealBrokenError('the secret that names what processes share cannot be opened')
  const copies = sealed(secret)
  for (const [place, { kid }] of keys.entries())
    if (held[place] === '') await redis.hsetnx(sharedKeys.secrets, kid, copies[2 * place + 1] ?? '')
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
