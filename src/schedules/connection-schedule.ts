import type { Schedule } from './schedule.ts'

/** From so many failures in a row on, a connection is failing. */
export const failingFrom = 5

/**
 * Who takes the messages of a connection's jobs. `client`: clients acknowledge them, and the next scheduled job waits
 * until they have. `on_success`: a job that succeeds counts as acknowledged as a whole.
 */
export const acks = ['client', 'on_success'] as const
export type Ack = (typeof acks)[number]

/** Full refreshes that a connection makes beside its syncs. */
export interface RefreshSettings {
  schedule: Schedule
  /** Names of streams of its catalog. */
  streams: string[]
}

/** What a connection does by itself: its syncs, its full refreshes, and who acknowledges their messages. */
export interface ConnectionSchedule {
  schedule: Schedule
  ack: Ack
  fullRefresh?: RefreshSettings
}
