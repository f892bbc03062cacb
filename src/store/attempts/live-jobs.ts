import type { Redis } from 'ioredis'
import type { Clock } from '../../clock.ts'
import { storeAnswer } from '../availability.ts'
import type { JobStatus } from '../job.ts'
import type { CancelReason } from '../job-record.ts'
import { jobKey, sharedKeys } from '../keys.ts'
import { runScript } from '../script.ts'
import { forgetScript } from './forget.lua.ts'
import { lookOverScript } from './look-over.lua.ts'

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
  /** @returns undefined for a job that has ended or, older than `orphanAfterMs`, was never written */
  lookOver(jobId: number): Promise<LiveJob | undefined>
  /** Tells the worker that has the job to cancel it. */
  announceCancel(jobId: number): Promise<void>
}

/** How long an id without a record is kept: the API may be just about to write it. */
const orphanAfterMs = 60_000

/** Takes a job from the live ones, unless it has not ended after all. */
export async function forgetJob(redis: Redis, jobId: number): Promise<void> {
  await runScript(redis, forgetScript, [sharedKeys.liveJobs, jobKey(jobId, 'record')], [jobId])
}

export function createLiveJobs({ redis, clock }: { redis: Redis; clock: Clock }): LiveJobs {
  return {
    async list() {
      return (await storeAnswer(redis.zrange(sharedKeys.liveJobs, '0', '-1'))).map(Number)
    },
    async lookOver(jobId) {
      const reply = await runScript(redis, lookOverScript, [jobKey(jobId, 'record')], [clock.now()])
      const [outcome, status, fence, cancelReason] = reply as string[]
      if (outcome === 'ENDED') await forgetJob(redis, jobId)
      if (outcome === 'MISSING') {
        const createdAt = Number(await storeAnswer(redis.zscore(sharedKeys.liveJobs, String(jobId))))
        if (clock.now() - createdAt > orphanAfterMs) await forgetJob(redis, jobId)
      }
      if (outcome !== 'LIVE') return undefined
      return {
        jobId,
        status: status as JobStatus,
        fence: Number(fence),
        ...(cancelReason && { cancelReason: cancelReason as CancelReason }),
      }
    },
    async announceCancel(jobId) {
      await storeAnswer(redis.publish(sharedKeys.cancelChannel, String(jobId)))
    },
  }
}
