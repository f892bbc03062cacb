import type { StoreClient } from './keys.ts'
import { tryWritingScript } from './readiness.lua.ts'
import { runScript } from './script.ts'
import { checkKeys } from './secrets/key-canaries.ts'
import type { EncryptionKey } from './secrets/sealing.ts'

/** How long the key of a trial stays, ms. */
const trialMs = 5000

/**
 * Checks that Redis takes what a new job writes, and that this process can open what is there.
 *
 * @throws CodedError `store_unavailable` that says why; KeysDoNotFitError
 */
export async function checkReadiness(redis: StoreClient, keys: readonly EncryptionKey[]): Promise<void> {
  await runScript(redis, tryWritingScript, {
    keys: { trialKey: `${redis.keyspace.trialPrefix}ready` },
    // No job has this number.
    args: { channel: redis.keyspace.changedChannel(0), timeToLiveMs: trialMs },
  })
  await checkKeys(redis, keys)
}
