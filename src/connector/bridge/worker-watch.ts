import { CodedError } from '../../errors.ts'
import { isObject } from '../../json-object.ts'
import type { JobDependencies } from './job-dependencies.ts'
import { pathOf, type StartedJob } from './start-job.ts'

/** Notices that nobody is there who would go on with a job: the signs of life of its API say nothing of that. */
export interface WorkerWatch {
  /** The service has nothing to say. @throws CodedError `no_worker` when no worker has been there for five minutes */
  look(): Promise<void>
  /** Messages came. */
  seen(): void
}

/** How often it is asked, ms. */
const everyMs = 60_000
/** A worker that is replaced is there by then. */
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
      throw new CodedError(
        'no_worker',
        `No worker of the service at service_url has been there for ${limitMs / 60_000} minutes`,
      )
    },
    seen() {
      askedAt = clock.monotonic()
      missingSince = undefined
    },
  }
}
