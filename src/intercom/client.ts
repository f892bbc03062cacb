import type { SourceConfig } from '../airbyte/source-config.ts'
import type { Clock } from '../clock.ts'
import type { Budget } from './budget.ts'

export interface ClientOptions {
  config: SourceConfig
  /** Where Intercom is; set by the operator only (`INTERCOM_BASE_URL`), else it follows from the config's region. */
  baseUrl?: string
  budget: Budget
  clock: Clock
  random: () => number
  /** Aborts every request and wait. */
  signal: AbortSignal
}

export interface IntercomClient {
  placeholder?: never
}

export function createClient(_options: ClientOptions): IntercomClient {
  throw new Error('not yet')
}
