import { areOfOneJob } from '../../epoch.ts'
import { CodedError } from '../../errors.ts'
import { isObject } from '../../json-object.ts'
import { type EndedJob, readEnded } from './ended-job.ts'
import type { JobDependencies } from './job-dependencies.ts'
import { mayPass } from './service/service-failures.ts'
import type { BridgeJob } from './start-job.ts'
import { watchForWorker } from './worker-watch.ts'

/**
 * After this silence the service sends a sign of life, s. Most proxies cut a connection that is silent for a minute.
 */
const heartbeatSeconds = 15

/**
 * Prints all messages of a job, however often the connection breaks.
 *
 * @throws CodedError, for example one that reports lost messages; the signal's reason
 */
export async function followJob(job: BridgeJob, dependencies: JobDependencies): Promise<EndedJob> {
  const { client, printed, patience, signal } = dependencies
  const { jobId } = job
  const worker = watchForWorker(job, dependencies)
  let { epoch } = job
  for (;;) {
    signal.throwIfAborted()
    try {
      const range = `after=${printed.held}&epoch=${encodeURIComponent(epoch)}&heartbeat=${heartbeatSeconds}`
      const { headers, pieces } = await client.listen({ method: 'GET', path: `/v1/jobs/${jobId}/messages?${range}` })
      patience.reached()
      epoch = headers.get('log-epoch') ?? epoch
      for await (const piece of pieces) {
        const { held } = printed
        if (await printed.take(piece)) patience.restore()
        if (printed.held > held) worker.seen()
        else await worker.look()
      }
      const known = await client.ask({ method: 'GET', path: `/v1/jobs/${jobId}` })
      refuseOtherJob(known, epoch)
      const ended = readEnded(known)
      if (ended && ended.messageCount === printed.held) return ended
      // A proxy between us and the service has made a broken connection look like a normal end of the response.
      throw new CodedError('service_unavailable', 'The messages of the service break off')
    } catch (error) {
      signal.throwIfAborted()
      printed.dropPart()
      if (!mayPass(error)) throw error
      await patience.afterFailure(error)
    }
  }
}

/** @throws CodedError `job_not_found` when another job has been given the id */
function refuseOtherJob(job: unknown, epoch: string): void {
  const known = isObject(job) && typeof job.logEpoch === 'string' ? job.logEpoch : ''
  if (!areOfOneJob(known, epoch)) throw new CodedError('job_not_found')
}
