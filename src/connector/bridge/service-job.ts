import type { Clock } from '../../clock.ts'
import type { ErrorCode } from '../../error-table.ts'
import { CodedError } from '../../errors.ts'
import type { EndedJob } from './ended-job.ts'
import { followJob } from './follow-job.ts'
import type { JobDependencies } from './job-dependencies.ts'
import type { ServiceClient } from './service/service-client.ts'
import { delayAbort, type JobRequest, partingMs, pathOf, type StartedJob, startJob } from './start-job.ts'

const lostCodes: readonly ErrorCode[] = ['log_gone', 'log_rewound', 'job_not_found', 'offset_out_of_range']

/**
 * Runs a job at the service and prints its messages. Whatever ends this before the job has ended cancels the job.
 *
 * @returns undefined when messages that are still to be printed are lost
 * @throws CodedError; the signal's reason
 */
export async function runServiceJob(request: JobRequest, dependencies: JobDependencies): Promise<EndedJob | undefined> {
  const { client, printed, clock, signal } = dependencies
  printed.beginJob()
  const over = new AbortController()
  let cancelled: Promise<unknown> | undefined
  try {
    const job = await startJob(request, dependencies)
    const cancel = () => {
      cancelled ??= cancelJob(client, job, clock)
    }
    signal.addEventListener('abort', cancel, { signal: over.signal })
    if (signal.aborted) cancel()
    try {
      return await followJob(job, dependencies)
    } catch (error) {
      cancel()
      throw error
    }
  } catch (error) {
    signal.throwIfAborted()
    if (error instanceof CodedError && lostCodes.includes(error.code)) return undefined
    throw error
  } finally {
    over.abort()
    await cancelled
  }
}

/**
 * By the epoch the service tells this job from another one that has got its id. A job that cannot be cancelled now has
 * lost its reader, and the service cancels it by itself.
 */
async function cancelJob(client: ServiceClient, job: StartedJob, clock: Clock): Promise<void> {
  const late = delayAbort(AbortSignal.abort(), clock, partingMs)
  await client.ask({ method: 'DELETE', path: pathOf(job), signal: late.signal }).catch(() => undefined)
  late.release()
}
