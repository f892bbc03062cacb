import type { Clock } from '../../clock.ts'
import type { Patience } from './patience.ts'
import type { PrintedLog } from './printed-log.ts'
import type { ServiceClient } from './service/service-client.ts'

/** What a job of the service is run with. */
export interface JobDependencies {
  client: ServiceClient
  printed: PrintedLog
  /** With a service that cannot be reached. */
  patience: Patience
  /** With a connection that another job has. */
  turn: Patience
  clock: Clock
  signal: AbortSignal
}
