import { CodedError } from '../../errors.ts'
import { cancelledEnding, endJob, type JobEndDependencies } from '../attempts/job-end.ts'
import { forgetJob } from '../attempts/live-jobs.ts'
import { awaitReaderScript, dropReaderScript, renewReaderScript, shareScript } from '../attempts/readers.lua.ts'
import { hasWorkers } from '../attempts/worker-presence.ts'
import { storeAnswer } from '../availability.ts'
import { acknowledge } from '../connections/acknowledgement.ts'
import { connectionBusy } from '../connections/connection-store.ts'
import { hasEnded, type Job } from '../job.ts'
import { type CancelReason, jobFromRecord } from '../job-record.ts'
import { jobKey, repeatKey, sharedKeys } from '../keys.ts'
import { statesAt } from '../log/job-states.ts'
import { refuseOtherJob } from '../log/log-epoch.ts'
import type { WakeUps } from '../log/wake-ups.ts'
import { runScript } from '../script.ts'
import { allotScript } from './allot.lua.ts'
import { cancelScript } from './cancel.lua.ts'
import { listJobs } from './job-list.ts'
import { ConnectionChangedError, type JobStore, type StartedJob } from './job-store.ts'
import { writeNewJob } from './new-job.ts'
import { waitForChange } from './status-wait.ts'

export interface JobStoreDependencies extends JobEndDependencies {
  wakeUps: WakeUps
  /** Hands a new job to the workers. */
  enqueue: (jobId: number) => Promise<void>
  /** Whether a worker has the job at this moment. @defaultValue a running job has one */
  isHeld?: (jobId: number) => Promise<boolean>
  /** @defaultValue 15000 */
  readerLeaseMs?: number
}

/** A reader that the service itself cut off has so long to come back, before `grace` begins. */
const readerAwaitedMs = 120_000
/** Before the id of a reader that is awaited. */
const awaited = 'awaited:'

export function createJobStore(dependencies: JobStoreDependencies): JobStore {
  const { redis, clock, readerLeaseMs = 15_000, isHeld = async () => true } = dependencies

  const find = async (jobId: number): Promise<Job | undefined> => {
    const fields = await storeAnswer(redis.hgetall(jobKey(jobId, 'record')))
    return fields.status === undefined ? undefined : jobFromRecord(jobId, fields)
  }

  const read: JobStore['read'] = async (tenant, jobId, epoch) => {
    const job = await find(jobId)
    if (!job || job.tenant !== tenant) throw new CodedError('job_not_found')
    refuseOtherJob(job, epoch)
    const [shown = job] = await tellWaiting([job])
    return shown
  }

  /** The same jobs; those that no worker is there for say so. */
  const tellWaiting = async (jobs: readonly Job[]): Promise<Job[]> => {
    if (jobs.every(hasEnded) || (await hasWorkers(redis))) return [...jobs]
    const waits = async (job: Job) => !hasEnded(job) && !(job.status === 'running' && (await isHeld(job.jobId)))
    return Promise.all(jobs.map(async (job) => ((await waits(job)) ? { ...job, waitingFor: 'worker' as const } : job)))
  }

  const readerKeys = (jobId: number) => [jobKey(jobId, 'record'), jobKey(jobId, 'readers')]

  /** A job that was there before, for somebody else as well: nobody inherits the grace of the first. */
  const share = async (tenant: string, jobId: number, graceMs: number | undefined): Promise<StartedJob> => {
    await runScript(redis, shareScript, readerKeys(jobId), [graceMs ?? ''])
    return { ...(await read(tenant, jobId)), isOlder: true }
  }

  const create: JobStore['create'] = async (newJob) => {
    const { tenant, graceMs } = newJob
    const { lastJobId, liveJobs, lastJobRunId } = sharedKeys
    const allotted = await runScript(redis, allotScript, [lastJobId, liveJobs, lastJobRunId], [clock.now()])
    const jobId = Number(allotted)
    const { outcome, otherJob } = await writeNewJob(dependencies, jobId, newJob, readerLeaseMs)
    if (outcome === 'CREATED') {
      await storeAnswer(dependencies.enqueue(jobId))
      return { ...(await read(tenant, jobId)), isOlder: false }
    }
    await forgetJob(redis, jobId)
    if (outcome === 'REPEATED') return share(tenant, otherJob, graceMs)
    if (outcome === 'JOINED') {
      const joined = await share(tenant, otherJob, graceMs)
      // Its last reader has left just before: it ends, and is not what the caller asks for.
      if (!joined.cancelRequested) return joined
    }
    if (outcome === 'BUSY' || outcome === 'JOINED') throw connectionBusy(otherJob, newJob.joinActive)
    if (outcome === 'REUSED') throw new CodedError('idempotency_key_reused')
    throw new ConnectionChangedError('the connection has changed')
  }

  const findRepeated: JobStore['findRepeated'] = async (tenant, { keyDigest, bodyDigest }, graceMs) => {
    const known = await storeAnswer(redis.get(repeatKey(tenant, keyDigest)))
    if (known === null) return undefined
    const [firstDigest, jobId] = known.split(' ')
    if (firstDigest !== bodyDigest) throw new CodedError('idempotency_key_reused')
    return share(tenant, Number(jobId), graceMs)
  }

  const requestEnd = async (jobId: number, reason: CancelReason): Promise<'REQUESTED' | 'ENDED' | 'MISSING'> => {
    const outcome = await runScript(
      redis,
      cancelScript,
      [jobKey(jobId, 'record')],
      [sharedKeys.cancelChannel, clock.now(), reason, jobId],
    )
    if (outcome === 'REQUESTED') await endIdleJob(dependencies, jobId, reason, isHeld)
    return outcome as 'REQUESTED' | 'ENDED' | 'MISSING'
  }

  const cancel: JobStore['cancel'] = async (tenant, jobId, epoch) => {
    await read(tenant, jobId, epoch)
    const outcome = await requestEnd(jobId, 'requested')
    if (outcome === 'ENDED') throw new CodedError('job_ended')
    return read(tenant, jobId)
  }

  return {
    create,
    findRepeated,
    read,
    cancel,
    async list(tenant, filter) {
      const page = await listJobs(redis, tenant, filter)
      return { ...page, items: await tellWaiting(page.items) }
    },
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
      await runScript(redis, renewReaderScript, readerKeys(jobId), [readerId, readerLeaseMs, awaited])
    },
    async dropReaderLease(jobId, readerId) {
      const outcome = await runScript(redis, dropReaderScript, readerKeys(jobId), [readerId])
      if (outcome === 'ABANDONED') await requestEnd(jobId, 'abandoned')
    },
    async awaitReader(jobId, readerId, sinceCutMs) {
      const given = [readerId, awaited + readerId, readerAwaitedMs, Math.ceil(sinceCutMs)]
      await runScript(redis, awaitReaderScript, readerKeys(jobId), given)
    },
  }
}

/** Ends a job that no worker has. One that begins at this moment carries a higher fence and sees the request itself. */
async function endIdleJob(
  dependencies: JobStoreDependencies,
  jobId: number,
  reason: CancelReason,
  isHeld: (jobId: number) => Promise<boolean>,
): Promise<void> {
  const [status, fence] = await storeAnswer(dependencies.redis.hmget(jobKey(jobId, 'record'), 'status', 'fence'))
  if (status === 'pending' || status === 'incomplete' || (status === 'running' && !(await isHeld(jobId)))) {
    await endJob(dependencies, jobId, Number(fence), cancelledEnding(reason))
  }
}
