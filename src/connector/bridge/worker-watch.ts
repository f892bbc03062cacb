import type { Clock } from '../../clock.ts'
import { CodedError } from '../../errors.ts'
import { isObject } from '../../json-object.ts'
import type { PrintedLog } from './printed-log.ts'
import type { ServiceClient } from './service/service-client.ts'
import { type BridgeJob, pathOf } from './start-job.ts'

/**
 * Notices what a silent job waits for; the API's signs of life do not show this. If there is no worker, the job is given
 * up in the end. If its log is full, what was printed is acknowledged, so that it gives way: nobody else would do so.
 */
interface WorkerWatch {
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

interface WatchDependencies {
  client: Pick<ServiceClient, 'ask'>
  clock: Clock
  printed: Pick<PrintedLog, 'held'>
}

export function watchForWorker(started: BridgeJob, { client, clock, printed }: WatchDependencies): WorkerWatch {
  let askedAt = clock.monotonic()
  let missingSince: number | undefined
  return {
    async look() {
      const now = clock.monotonic()
      if (now - askedAt < everyMs) return
      askedAt = now
      const job = await client.ask({ method: 'GET', path: pathOf(started) })
      const waitingFor = isObject(job) ? job.waitingFor : undefined
      if (waitingFor === 'log_space')
        await client.ask({ method: 'POST', path: pathOf(started, '/ack'), body: { offset: printed.held } })
      const isMissing = waitingFor === 'worker'
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
