import type { StoreClient } from '../keys.ts'
import { runScript } from '../script.ts'
import { removeAcknowledgedScript } from './remove-acknowledged.lua.ts'

/**
 * Removes the log of an ended job that its client has acknowledged wholly; its files, if any, are no longer named then.
 * Only `ackedOffset` counts, which nobody but a client moves.
 *
 * @returns whether it is removed
 */
export async function removeAcknowledged(redis: StoreClient, jobId: number): Promise<boolean> {
  const removed = await runScript(redis, removeAcknowledgedScript, {
    keys: {
      recordKey: redis.keyspace.job(jobId, 'record'),
      logKey: redis.keyspace.job(jobId, 'log'),
      dataKeyKey: redis.keyspace.job(jobId, 'dataKey'),
      statesKey: redis.keyspace.job(jobId, 'states'),
      segmentsKey: redis.keyspace.job(jobId, 'segments'),
    },
  })
  return removed === 1
}
