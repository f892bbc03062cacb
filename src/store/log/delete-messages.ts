import { CodedError } from '../../errors.ts'
import type { StoreClient } from '../keys.ts'
import { runScript } from '../script.ts'
import { deleteMessagesScript } from './delete-messages.lua.ts'

/**
 * Removes the messages of an ended job: the log, the key that opens it, the states in it, and what is left of the
 * request. Whoever reads them afterwards finds them gone, as after their retention.
 *
 * @throws CodedError `job_running`, `job_not_found`
 */
export async function deleteMessages(redis: StoreClient, jobId: number): Promise<void> {
  const outcome = await runScript(redis, deleteMessagesScript, {
    keys: {
      recordKey: redis.keyspace.job(jobId, 'record'),
      logKey: redis.keyspace.job(jobId, 'log'),
      dataKeyKey: redis.keyspace.job(jobId, 'dataKey'),
      statesKey: redis.keyspace.job(jobId, 'states'),
      positionKey: redis.keyspace.job(jobId, 'position'),
      requestKey: redis.keyspace.job(jobId, 'request'),
      readersKey: redis.keyspace.job(jobId, 'readers'),
      segmentsKey: redis.keyspace.job(jobId, 'segments'),
      fingerprintsKey: redis.keyspace.job(jobId, 'fingerprints'),
    },
  })
  if (outcome === 'MISSING') throw new CodedError('job_not_found')
  if (outcome === 'RUNNING')
    throw new CodedError('job_running', 'The job has not ended: cancel it first, or wait for its end')
}
