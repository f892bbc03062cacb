import type { StoreClient } from '../store/keys.ts'
import { checkKeys } from '../store/secrets/key-canaries.ts'
import type { EncryptionKey } from '../store/secrets/sealing.ts'
import { tryWriting } from '../store/write-trial.ts'

/**
 * Checks that Redis takes new jobs, and that this process can open what is there.
 *
 * @throws CodedError `store_unavailable` that says why; KeysDoNotFitError
 */
export async function checkReadiness(redis: StoreClient, keys: readonly EncryptionKey[]): Promise<void> {
  await tryWriting(redis)
  await checkKeys(redis, keys)
}
