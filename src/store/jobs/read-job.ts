import { CodedError } from '../../errors.ts'
import { storeAnswer } from '../availability.ts'
import { hasEnded, type Job } from '../job.ts'
import { jobFromRecord } from '../job-record.ts'
import type { StoreClient } from '../keys.ts'
import { refuseOtherJob } from '../log/log-epoch.ts'
import { hasWorkers } from '../workers/worker-presence.ts'

/** Everything needed to read a job. */
interface ReadDependencies {
  redis: StoreClient
  isHeld: (jobId: number) => Promise<boolean>
}

/** A tenant's job, see `JobStore.read`. */
export async function readJob(
  dependencies: ReadDependencies,
  tenant: string,
  jobId: number,
  epoch?: string,
): Promise<Job> {
  const { redis } = dependencies
  const job = jobFromRecord(jobId, await storeAnswer(redis.hgetall(redis.keyspace.job(jobId, 'record'))))
  if (!job || job.tenant !== tenant) throw new CodedError('job_not_found')
  refuseOtherJob(job, epoch)
  const [shown = job] = await tellWaiting(dependencies, [job])
  return shown
}

/** The same jobs; those without a worker say so. */
export async function tellWaiting({ redis, isHeld }: ReadDependencies, jobs: readonly Job[]): Promise<Job[]> {
  if (jobs.every(hasEnded) || (await hasWorkers(redis))) return [...jobs]
  const waits = async (job: Job) => !hasEnded(job) && !(job.status === 'running' && (await isHeld(job.jobId)))
  return Promise.all(jobs.map(async (job) => ((await waits(job)) ? waitingForWorker(job) : job)))
}

function waitingForWorker({ waitingUntil: _, ...job }: Job): Job {
  return { ...job, waitingFor: 'worker' }
}
