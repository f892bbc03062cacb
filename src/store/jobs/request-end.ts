import { cancelledEnding, endJob } from '../attempts/job-end.ts'
import { storeAnswer } from '../availability.ts'
import type { CancelReason } from '../job-record.ts'
import type { StoreClient } from '../keys.ts'
import { runScript } from '../script.ts'
import { cancelScript } from './cancel.lua.ts'
import type { JobStoreDependencies } from './dependencies.ts'

/** Requests the end of a job, and ends it at once if no worker has it. */
export async function requestEnd(
  dependencies: JobStoreDependencies,
  jobId: number,
  reason: CancelReason,
): Promise<'REQUESTED' | 'ENDED' | 'MISSING'> {
  const { redis, clock } = dependencies
  const outcome = await runScript(redis, cancelScript, {
    keys: { recordKey: redis.keyspace.job(jobId, 'record') },
    args: { cancelChannel: redis.keyspace.cancelChannel, now: clock.now(), reason, jobId },
  })
  if (outcome === 'REQUESTED') await endIdleJob(dependencies, jobId, reason)
  return outcome
}

/** Whether somebody has requested the end of a job of this keyspace. */
export async function isEndRequested(redis: StoreClient, jobId: number): Promise<boolean> {
  return (await storeAnswer(redis.hexists(redis.keyspace.job(jobId, 'record'), 'cancelReason'))) === 1
}

/**
 * Ends a job that no worker has. An attempt that begins at this moment has a higher fence, and sees the request itself.
 */
async function endIdleJob(dependencies: JobStoreDependencies, jobId: number, reason: CancelReason): Promise<void> {
  const { redis, isHeld } = dependencies
  const [status, fence] = await storeAnswer(redis.hmget(redis.keyspace.job(jobId, 'record'), 'status', 'fence'))
  if (status === 'pending' || status === 'incomplete' || (status === 'running' && !(await isHeld(jobId)))) {
    await endJob(dependencies, jobId, Number(fence), cancelledEnding(reason))
  }
}
