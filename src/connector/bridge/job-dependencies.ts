import type { Clock } from '../../clock.ts'
import type { Patience } from './patience.ts'
import type { PrintedLog } from './printed-log.ts'
import type { ServiceClient } from './service/service-client.ts'

/** Everything needed to run a job at the service. */
export interface JobDependencies {
  client: ServiceClient
  printed: PrintedLog
  /** For a service that cannot be reached. */
  patience: Patience
  /** For a connection that another job is using. */
  turn: Patience
  clock: Clock
  signal: AbortSignal
}
