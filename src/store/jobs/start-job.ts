import { CodedError } from '../../errors.ts'
import { StoredDataError } from '../../stored/stored-data.ts'
import { forgetJob } from '../attempts/live-jobs.ts'
import { shareScript } from '../attempts/readers.lua.ts'
import { storeAnswer } from '../availability.ts'
import { connectionBusy } from '../connections/connection-store.ts'
import { runScript } from '../script.ts'
import { refuseWhenFull } from '../space/space-keeper.ts'
import type { StartDependencies } from './dependencies.ts'
import { ConnectionChangedError, type NewJob, type Repeat, type StartedJob } from './job-store.ts'
import { joinScript } from './join.lua.ts'
import { repeatsKnownMs, writeNewJob } from './new-job.ts'
import { nextJobIdScript } from './next-job-id.lua.ts'
import { readJob } from './read-job.ts'
import { readerKeys } from './reader-leases.ts'

/** Makes a job, or returns the one that replaces it, see `JobStore.create`. */
export async function createJob(dependencies: StartDependencies, newJob: NewJob): Promise<StartedJob> {
  const { redis } = dependencies
  const { tenant, graceMs, joinActive } = newJob
  if (!joinActive) await refuseWhenFull(redis)
  const jobId = await nextJobId(dependencies)
  const { outcome, otherJob } = await writeNewJob(dependencies, jobId, newJob)
  if (outcome === 'CREATED') {
    await storeAnswer(dependencies.enqueue(jobId))
    return { ...(await readJob(dependencies, tenant, jobId)), isOlder: false }
  }
  await forgetJob(redis, jobId)
  if (outcome === 'REPEATED') return shareJob(dependencies, tenant, otherJob, graceMs)
  if (outcome === 'JOINED' && (await joinJob(dependencies, otherJob, newJob)))
    return { ...(await readJob(dependencies, tenant, otherJob)), isOlder: true }
  if (outcome === 'BUSY' || outcome === 'JOINED') throw connectionBusy(otherJob, joinActive)
  if (outcome === 'REUSED') throw new CodedError('idempotency_key_reused')
  throw new ConnectionChangedError('the connection has changed')
}

/** The job that a request has already made, see `JobStore.findRepeated`. */
export async function findRepeated(
  dependencies: StartDependencies,
  tenant: string,
  { keyDigest, bodyDigest }: Repeat,
  graceMs: number | undefined,
): Promise<StartedJob | undefined> {
  const { redis } = dependencies
  const known = await storeAnswer(redis.get(redis.keyspace.repeat(tenant, keyDigest)))
  if (known === null) return undefined
  const [, firstDigest, jobId] = /^(\S+) (\d+)$/.exec(known) ?? []
  if (jobId === undefined) throw new StoredDataError('what is known of an Idempotency-Key', 'names no job')
  if (firstDigest !== bodyDigest) throw new CodedError('idempotency_key_reused')
  return shareJob(dependencies, tenant, Number(jobId), graceMs)
}

async function nextJobId({ redis, clock }: StartDependencies): Promise<number> {
  return runScript(redis, nextJobIdScript, {
    keys: {
      lastIdKey: redis.keyspace.lastJobId,
      liveJobsKey: redis.keyspace.liveJobs,
      lastRunIdKey: redis.keyspace.lastJobRunId,
    },
    args: { now: clock.now() },
  })
}

/** A job that existed before, now for another caller as well. No caller inherits the grace of the first. */
async function shareJob(
  dependencies: StartDependencies,
  tenant: string,
  jobId: number,
  graceMs: number | undefined,
): Promise<StartedJob> {
  const { redis } = dependencies
  const args = { wantedGraceMs: graceMs }
  await runScript(redis, shareScript, { keys: readerKeys(redis.keyspace, jobId), args })
  return { ...(await readJob(dependencies, tenant, jobId)), isOlder: true }
}

/** @returns false when the job is about to end, so that it is not what the caller wants */
async function joinJob(
  { redis }: StartDependencies,
  jobId: number,
  { tenant, graceMs, repeat }: NewJob,
): Promise<boolean> {
  const outcome = await runScript(redis, joinScript, {
    keys: {
      ...readerKeys(redis.keyspace, jobId),
      repeatKey: repeat && redis.keyspace.repeat(tenant, repeat.keyDigest),
    },
    args: { wantedGraceMs: graceMs, jobId, bodyDigest: repeat?.bodyDigest, repeatsKnownMs },
  })
  return outcome === 'JOINED'
}
