import type { Redis } from 'ioredis'
import { CodedError } from '../errors.ts'

/** Replies by which Redis says that it cannot serve now, not that the command was wrong. */
const unavailableReplies = /^(LOADING|READONLY|MASTERDOWN|CLUSTERDOWN|TRYAGAIN|MISCONF|OOM|BUSY|NOREPLICAS)\b/
/** How ioredis words a connection that is away or does not answer. */
const unavailableErrors =
  /Connection is closed|Stream isn't writeable|Command timed out|max retries per request|Socket timeout|ECONN|EPIPE|ENOENT|ETIMEDOUT|ENOTFOUND|EAI_AGAIN|EHOSTUNREACH/

/** Whether an error means that Redis cannot be reached or cannot serve at present. */
export function isStoreUnavailable(error: unknown): boolean {
  if (!(error instanceof Error)) return false
  return unavailableReplies.test(error.message) || unavailableErrors.test(`${error.name} ${error.message}`)
}

/**
 * Redis's answer.
 *
 * @throws CodedError `store_unavailable` when Redis cannot serve at present; other errors as they are
 */
export async function storeAnswer<T>(answer: Promise<T>): Promise<T> {
  try {
    return await answer
  } catch (error) {
    if (isStoreUnavailable(error)) throw new CodedError('store_unavailable', undefined, { cause: error })
    throw error
  }
}

/** @throws CodedError `store_unavailable` */
export async function pingStore(redis: Redis): Promise<void> {
  await storeAnswer(redis.ping())
}
