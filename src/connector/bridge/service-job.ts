import type { Clock } from '../../clock.ts'
import type { ErrorCode } from '../../error-table.ts'
import { CodedError } from '../../errors.ts'
import type { EndedJob } from './ended-job.ts'
import { followJob } from './follow-job.ts'
import type { JobDependencies } from './job-dependencies.ts'
import type { ServiceClient } from './service/service-client.ts'
import { type BridgeJob, delayAbort, type JobRequest, partingMs, pathOf, startBridgeJob } from './start-job.ts'

const lostCodes: readonly ErrorCode[] = [
  'log_gone',
  'log_damaged',
  'log_rewound',
  'job_not_found',
  'offset_out_of_range',
]

/**
 * Runs a job at the service and prints its messages. If this ends before the job has ended, for any reason, the job is
 * cancelled.
 *
 * @returns undefined when messages that have not been printed are lost
 * @throws CodedError; the signal's reason
 */
export async function runServiceJob(request: JobRequest, dependencies: JobDependencies): Promise<EndedJob | undefined> {
  const { client, printed, clock, signal } = dependencies
  printed.beginJob()
  const over = new AbortController()
  let cancelled: Promise<unknown> | undefined
  try {
    const job = await startBridgeJob(request, dependencies)
    const cancel = () => {
      cancelled ??= cancelJob(client, job, clock)
    }
    signal.addEventListener('abort', cancel, { signal: over.signal })
    if (signal.aborted) cancel()
    try {
      const ended = await followJob(job, dependencies)
      await acknowledgeAll(request, job, dependencies)
      return ended
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
 * Says that everything is printed, so that the log may give way to others if there is no room. The state of a connection
 * would move with it, and whoever else reads that connection would miss records, so its logs wait for their retention.
 * Services of 0.1 acknowledge only for connections, and refuse it.
 */
async function acknowledgeAll(
  { body }: JobRequest,
  job: BridgeJob,
  { client, clock, printed }: JobDependencies,
): Promise<void> {
  if ('connectionId' in body) return
  const late = delayAbort(AbortSignal.abort(), clock, partingMs)
  const offset = { offset: printed.held }
  await client
    .ask({ method: 'POST', path: pathOf(job, '/ack'), body: offset, signal: late.signal })
    .catch(() => undefined)
  late.release()
}

/**
 * With the epoch, the service can tell this job from another one that has been given its id. If the job cannot be
 * cancelled now, the service cancels it by itself, because it has lost its reader.
 */
async function cancelJob(client: ServiceClient, job: BridgeJob, clock: Clock): Promise<void> {
  const late = delayAbort(AbortSignal.abort(), clock, partingMs)
  await client.ask({ method: 'DELETE', path: pathOf(job), signal: late.signal }).catch(() => undefined)
  late.release()
}
