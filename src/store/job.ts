import type { KeptFailure } from '../stored/progress.ts'
import type { StreamProgress } from '../sync/contract/commit.ts'

const finalStatuses = ['succeeded', 'failed', 'cancelled'] as const

/** As in Airbyte's API; the last three are final. `incomplete` = an attempt is over and another follows. */
export const jobStatuses = ['pending', 'running', 'incomplete', ...finalStatuses] as const
export type JobStatus = (typeof jobStatuses)[number]
export type FinalStatus = (typeof finalStatuses)[number]

export const jobTypes = ['sync', 'refresh'] as const
export type JobType = (typeof jobTypes)[number]

/**
 * `worker`: there is no worker to continue it. `retry`: an attempt has failed, and the next one has its time.
 * `rate_limit`, `scroll`: it waits at Intercom. `log_space`: its log is full, and a client must acknowledge messages.
 */
export const waits = ['worker', 'retry', 'rate_limit', 'scroll', 'log_space'] as const
type JobWait = (typeof waits)[number]

/** A job as it is stored in Redis. Times are ms since the epoch. */
export interface Job {
  /** From 1, one sequence for all tenants. */
  jobId: number
  tenant: string
  /** The connection that the job belongs to, if any. */
  connectionId?: string
  /** `refresh`: a full refresh beside the syncs of its connection, whose state it neither reads nor moves. */
  jobType: JobType
  /** The due time that it is for, if a schedule has started it. */
  scheduledFor?: number
  status: JobStatus
  createdAt: number
  startTime?: number
  lastUpdatedAt: number
  endTime?: number
  /** RECORD messages in the log. */
  rowsSynced: number
  /** NDJSON bytes in the log, before compression. */
  bytesSynced: number
  messageCount: number
  /** Changes when Redis may have lost messages that somebody has read; see docs/guarantees.md. */
  logEpoch: string
  attempts: number
  streams: StreamProgress[]
  failure?: KeptFailure
  cancelRequested: boolean
  /** What it waits for; see the API's description. */
  waitingFor?: JobWait
  /** Until when, ms since the epoch, if anybody knows. */
  waitingUntil?: number
  /** While it runs: what Intercom last said of its rate limit. `resetsAt` in ms since the epoch. */
  rateLimit?: { limit: number; remaining: number; resetsAt: number }
  /** While it runs: records per second of the streams that have some, and when that was. */
  progress?: { at: number; rates: Readonly<Record<string, number>> }
  /** Streams of its catalog that it leaves out, because the token may not read them. */
  skippedStreams?: string[]
  /** Names of the streams that every sync reads again completely. */
  fullRefresh: string[]
  /** Set if the job lives only as long as somebody reads it (live POST): ms without a reader before it is cancelled. */
  graceMs?: number
}

export function hasEnded({ status }: Pick<Job, 'status'>): boolean {
  return isFinal(status)
}

/** Whether a text is a final status. */
export function isFinal(status: string): status is FinalStatus {
  return finalStatuses.some((one) => one === status)
}

/** Whether a text is a status that this version knows. */
export function isJobStatus(status: string): status is JobStatus {
  return jobStatuses.some((one) => one === status)
}
