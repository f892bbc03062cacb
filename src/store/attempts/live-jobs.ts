import Type from 'typebox'
import type { Clock } from '../../clock.ts'
import { NumberText, readStored } from '../../stored/stored-data.ts'
import { storeAnswer } from '../availability.ts'
import { isFinal, type JobStatus, jobStatuses } from '../job.ts'
import { type CancelReason, cancelReasonOf } from '../job-record.ts'
import type { StoreClient } from '../keys.ts'
import { runScript } from '../script.ts'
import { markIfAbandoned } from './abandoned-job.ts'
import { forgetScript } from './forget.lua.ts'

/** A job that has not ended, as the reconciler sees it. */
export interface LiveJob {
  jobId: number
  status: JobStatus
  /** 0 until an attempt has begun. */
  fence: number
  cancelReason?: CancelReason
}

/** Jobs that may not have ended. */
export interface LiveJobs {
  /** Ids, oldest first. */
  list(): Promise<number[]>
  /**
   * @returns undefined for a job that has ended or, older than `orphanAfterMs`, was never written
   * @throws StoredDataError
   */
  lookOver(jobId: number): Promise<LiveJob | undefined>
  /** Asks the worker that has the job to cancel it. */
  announceCancel(jobId: number): Promise<void>
}

const LiveRecord = Type.Object({ status: Type.Enum([...jobStatuses]), fence: NumberText })

/** How long an id without a record is kept: the API may be just about to write it. */
const orphanAfterMs = 60_000

/** Removes a job from the live ones if it has ended. */
export async function forgetJob(redis: StoreClient, jobId: number): Promise<void> {
  const keys = { liveJobsKey: redis.keyspace.liveJobs, recordKey: redis.keyspace.job(jobId, 'record') }
  await runScript(redis, forgetScript, { keys, args: { jobId } })
}

/** Ids of the jobs that may not have ended, oldest first. Anything that is not an id is skipped. */
async function readLiveJobIds(redis: StoreClient): Promise<number[]> {
  const members = await storeAnswer(redis.zrange(redis.keyspace.liveJobs, '0', '-1'))
  return members.map(Number).filter(Number.isSafeInteger)
}

export function createLiveJobs({ redis, clock }: { redis: StoreClient; clock: Clock }): LiveJobs {
  return {
    async list() {
      return readLiveJobIds(redis)
    },
    async lookOver(jobId) {
      const recordKey = redis.keyspace.job(jobId, 'record')
      const [status, fence, graceMs, cancelReason] = await storeAnswer(
        redis.hmget(recordKey, 'status', 'fence', 'graceMs', 'cancelReason'),
      )
      if (status === null || status === undefined) {
        const createdAt = Number(await storeAnswer(redis.zscore(redis.keyspace.liveJobs, String(jobId))))
        if (clock.now() - createdAt > orphanAfterMs) await forgetJob(redis, jobId)
        return undefined
      }
      if (isFinal(status)) {
        await forgetJob(redis, jobId)
        return undefined
      }
      const live = readStored(LiveRecord, { status, fence }, `the record of job ${jobId}`)
      const requested = cancelReason ? cancelReasonOf(cancelReason) : undefined
      const reason = requested ?? (graceMs ? (await markIfAbandoned(redis, clock, jobId)).reason : undefined)
      return { jobId, status: live.status, fence: Number(live.fence), ...(reason && { cancelReason: reason }) }
    },
    async announceCancel(jobId) {
      await storeAnswer(redis.publish(redis.keyspace.cancelChannel, String(jobId)))
    },
  }
}
