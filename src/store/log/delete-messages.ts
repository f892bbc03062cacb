import type { Redis } from 'ioredis'
import { CodedError } from '../../errors.ts'
import { jobKey } from '../keys.ts'
import { runScript } from '../script.ts'
import { deleteMessagesScript } from './delete-messages.lua.ts'

/**
 * Removes the messages of an ended job: the log, the key that opens it, the states in it, and what is left of the
 * request. Whoever reads them afterwards finds them gone, as after their retention.
 *
 * @throws CodedError `job_running`, `job_not_found`
 */
export async function deleteMessages(redis: Redis, jobId: number): Promise<void> {
  const outcome = await runScript(redis, deleteMessagesScript, {
    keys: {
      recordKey: jobKey(jobId, 'record'),
      logKey: jobKey(jobId, 'log'),
      dataKeyKey: jobKey(jobId, 'dataKey'),
      statesKey: jobKey(jobId, 'states'),
      positionKey: jobKey(jobId, 'position'),
      requestKey: jobKey(jobId, 'request'),
      readersKey: jobKey(jobId, 'readers'),
      segmentsKey: jobKey(jobId, 'segments'),
    },
  })
  if (outcome === 'MISSING') throw new CodedError('job_not_found')
  if (outcome === 'RUNNING')
    throw new CodedError('job_running', 'The job has not ended: cancel it first, or wait for its end')
}
