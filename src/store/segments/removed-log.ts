import { CodedError } from '../../errors.ts'
import { storeAnswer } from '../availability.ts'
import type { StoreClient } from '../keys.ts'

/**
 * A log may be removed as a whole between the look at its index and the look at its files. Then nothing is lost or
 * damaged: it is gone.
 *
 * @throws CodedError `log_gone`; what the reading throws
 */
export async function unlessRemoved<Result>(
  redis: StoreClient,
  jobId: number,
  reading: Promise<Result>,
): Promise<Result> {
  try {
    return await reading
  } catch (error) {
    const isLost = error instanceof CodedError && error.code === 'log_damaged'
    // The data key lives exactly as long as the log.
    if (isLost && (await storeAnswer(redis.exists(redis.keyspace.job(jobId, 'dataKey')))) === 0)
      throw new CodedError('log_gone', undefined, { cause: error })
    throw error
  }
}
