import { CodedError } from '../errors.ts'
import { RedisRefusal } from '../redis/checks/refusal.ts'
import type { StoreClient } from '../store/keys.ts'
import { checkKeys } from '../store/secrets/key-canaries.ts'
import type { EncryptionKey } from '../store/secrets/sealing.ts'
import { tryWriting } from '../store/write-trial.ts'

/**
 * Checks that Redis takes new jobs, that this process can open what is there, and that a Redis of the operator still is
 * what the start has found.
 *
 * @param inspectAgain only for a Redis that the operator provides
 * @throws CodedError `store_unavailable` that says why; KeysDoNotFitError
 */
export async function checkReadiness(
  redis: StoreClient,
  keys: readonly EncryptionKey[],
  inspectAgain?: () => Promise<void>,
): Promise<void> {
  await tryWriting(redis)
  await checkKeys(redis, keys)
  await inspectAgain?.().catch((cause: unknown) => {
    throw cause instanceof RedisRefusal ? new CodedError('store_unavailable', cause.summary, { cause }) : cause
  })
}
