import { CodedError } from '../../errors.ts'
import { isObject } from '../../json-object.ts'
import type { JobDependencies } from './job-dependencies.ts'
import { pathOf, type StartedJob } from './start-job.ts'

/** Notices when there is no worker to continue a job. The API's signs of life do not show this. */
export interface WorkerWatch {
  /**
   * Call this when the service is silent. @throws CodedError `no_worker` when there has been no worker for five minutes
   */
  look(): Promise<void>
  /** Messages came. */
  seen(): void
}

/** How often the service is asked, ms. */
const everyMs = 60_000
/** A worker that is being replaced is back by then. */
const limitMs = 5 * 60_000

export function watchForWorker(
  started: StartedJob,
  { client, clock }: Pick<JobDependencies, 'client' | 'clock'>,
): WorkerWatch {
  let askedAt = clock.monotonic()
  let missingSince: number | undefined
  return {
    async look() {
      const now = clock.monotonic()
      if (now - askedAt < everyMs) return
      askedAt = now
      const job = await client.ask({ method: 'GET', path: pathOf(started) })
      const isMissing = isObject(job) && job.waitingFor === 'worker'
      missingSince = isMissing ? (missingSince ?? now) : undefined
      if (missingSince === undefined || now - missingSince < limitMs) return
      throw new CodedError('no_worker', `No worker of the service has been there for ${limitMs / 60_000} minutes`)
    },
    seen() {
      askedAt = clock.monotonic()
      missingSince = undefined
    },
  }
}
