import type { Clock } from '../../clock.ts'
import { type CancelReason, cancelReasonOf } from '../job-record.ts'
import type { StoreClient } from '../keys.ts'
import { runScript } from '../script.ts'
import { markAbandonedScript } from './abandoned-job.lua.ts'

/**
 * Requests the end of a job whose readers have been gone for longer than its grace.
 *
 * @returns `reason`: why its end has been requested, now or before; undefined if it has not, or the job has ended;
 * `leftMs`: how long nobody can be sure yet, because Redis has just started and readers may come back
 */
export async function markIfAbandoned(
  redis: StoreClient,
  clock: Clock,
  jobId: number,
): Promise<{ reason: CancelReason | undefined; leftMs: number }> {
  const [reason, leftMs] = await runScript(redis, markAbandonedScript, {
    keys: { recordKey: redis.keyspace.job(jobId, 'record') },
    args: { now: clock.now() },
  })
  return { reason: reason === '' ? undefined : cancelReasonOf(reason), leftMs }
}
