import { CodedError } from '../errors.ts'
import { acknowledge } from './acknowledgement.ts'
import { storeAnswer } from './availability.ts'
import { connectionBusy } from './connection-store.ts'
import type { Job } from './job.ts'
import { cancelledEnding, endJob, type JobEndDependencies } from './job-end.ts'
import { listJobs } from './job-list.ts'
import { type CancelReason, jobFromRecord } from './job-record.ts'
import { statesAt } from './job-states.ts'
import { ConnectionChangedError, type JobStore, type NewJob, type Repeat } from './job-store.ts'
import { jobKey, repeatKey, sharedKeys } from './keys.ts'
import { refuseOtherJob } from './log-epoch.ts'
import { writeNewJob } from './new-job.ts'
import { allotScript } from './scripts/allot.ts'
import { cancelScript } from './scripts/cancel.ts'
import { detachScript, dropReaderScript, renewReaderScript } from './scripts/readers.ts'
import { runScript } from './scripts/script.ts'
import { waitForChange } from './status-wait.ts'
import type { WakeUps } from './wake-ups.ts'

export interface JobStoreDependencies extends JobEndDependencies {
  wakeUps: WakeUps
  /** Hands a new job to the workers. */
  enqueue: (jobId: number) => Promise<void>
  /** @defaultValue 15000 */
  readerLeaseMs?: number
}

export function createJobStore(dependencies: JobStoreDependencies): JobStore {
  const { redis, clock, readerLeaseMs = 15_000 } = dependencies

  const find = async (jobId: number): Promise<Job | undefined> => {
    const fields = await storeAnswer(redis.hgetall(jobKey(jobId, 'record')))
    return fields.status === undefined ? undefined : jobFromRecord(jobId, fields)
  }

  const read: JobStore['read'] = async (tenant, jobId, epoch) => {
    const job = await find(jobId)
    if (!job || job.tenant !== tenant) throw new CodedError('job_not_found')
    refuseOtherJob(job, epoch)
    return job
  }

  const create = async (newJob: NewJob): Promise<Job> => {
    const { tenant } = newJob
    const { lastJobId, liveJobs, lastJobRunId } = sharedKeys
    const allotted = await runScript(redis, allotScript, [lastJobId, liveJobs, lastJobRunId], [clock.now()])
    const jobId = Number(allotted)
    const { outcome, otherJob } = await writeNewJob(dependencies, jobId, newJob, readerLeaseMs)
    if (outcome === 'CREATED') {
      await storeAnswer(dependencies.enqueue(jobId))
      return read(tenant, jobId)
    }
    await storeAnswer(redis.zrem(sharedKeys.liveJobs, jobId))
    if (outcome === 'REPEATED' || (outcome === 'BUSY' && newJob.joinActive)) return read(tenant, otherJob)
    if (outcome === 'BUSY') throw connectionBusy(otherJob)
    if (outcome === 'REUSED') throw new CodedError('idempotency_key_reused')
    throw new ConnectionChangedError('the connection has changed')
  }

  const findRepeated = async (tenant: string, { keyDigest, bodyDigest }: Repeat): Promise<Job | undefined> => {
    const known = await storeAnswer(redis.get(repeatKey(tenant, keyDigest)))
    if (known === null) return undefined
    const [firstDigest, jobId] = known.split(' ')
    if (firstDigest !== bodyDigest) throw new CodedError('idempotency_key_reused')
    return read(tenant, Number(jobId))
  }

  const requestEnd = async (jobId: number, reason: CancelReason): Promise<'REQUESTED' | 'ENDED' | 'MISSING'> => {
    const outcome = await runScript(
      redis,
      cancelScript,
      [jobKey(jobId, 'record')],
      [sharedKeys.cancelChannel, clock.now(), reason, jobId],
    )
    if (outcome === 'REQUESTED') await endIdleJob(dependencies, jobId, reason)
    return outcome as 'REQUESTED' | 'ENDED' | 'MISSING'
  }

  const cancel: JobStore['cancel'] = async (tenant, jobId, epoch) => {
    await read(tenant, jobId, epoch)
    const outcome = await requestEnd(jobId, 'requested')
    if (outcome === 'ENDED') throw new CodedError('job_ended')
    return read(tenant, jobId)
  }

  const readerKeys = (jobId: number) => [jobKey(jobId, 'record'), jobKey(jobId, 'readers')]

  return {
    create,
    findRepeated,
    read,
    cancel,
    list: (tenant, filter) => listJobs(redis, tenant, filter),
    readStates: async (tenant, jobId, at, epoch) => statesAt(redis, await read(tenant, jobId), at, epoch),
    acknowledge: (tenant, jobId, holding) => acknowledge(redis, () => read(tenant, jobId), holding),
    readWhenChanged: (tenant, jobId, timeoutMs, signal) =>
      waitForChange(
        { clock, wakeUps: dependencies.wakeUps, read: () => read(tenant, jobId) },
        jobId,
        timeoutMs,
        signal,
      ),
    async renewReaderLease(jobId, readerId) {
      await runScript(redis, renewReaderScript, readerKeys(jobId), [readerId, readerLeaseMs])
    },
    async dropReaderLease(jobId, readerId) {
      const outcome = await runScript(redis, dropReaderScript, readerKeys(jobId), [readerId])
      if (outcome === 'ABANDONED') await requestEnd(jobId, 'abandoned')
    },
    async detach(jobId) {
      await runScript(redis, detachScript, readerKeys(jobId), [])
    },
  }
}

/** Ends a job that no worker has. One that begins at this moment carries a higher fence and sees the request itself. */
async function endIdleJob(dependencies: JobStoreDependencies, jobId: number, reason: CancelReason): Promise<void> {
  const [status, fence] = await storeAnswer(dependencies.redis.hmget(jobKey(jobId, 'record'), 'status', 'fence'))
  if (status === 'pending' || status === 'incomplete') {
    await endJob(dependencies, jobId, Number(fence), cancelledEnding(reason))
  }
}
