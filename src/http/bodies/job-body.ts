import { hasEnded, type Job } from '../../store/job.ts'
import type { JobBody } from './schemas.ts'

/** A job as the API shows it. `now` (ms since the epoch) ends the duration of a job that still runs. */
export function toJobBody(job: Job, now: number): JobBody {
  return {
    jobId: job.jobId,
    jobType: job.jobType,
    status: job.status,
    ...(job.connectionId !== undefined && { connectionId: job.connectionId }),
    createdAt: toTime(job.createdAt),
    ...(job.startTime !== undefined && { startTime: toTime(job.startTime) }),
    lastUpdatedAt: toTime(job.lastUpdatedAt),
    duration: toDuration(durationOf(job, now)),
    rowsSynced: job.rowsSynced,
    bytesSynced: job.bytesSynced,
    messageCount: job.messageCount,
    logEpoch: job.logEpoch,
    attempts: job.attempts,
    ...(job.cancelRequested && !hasEnded(job) && { cancelRequested: true as const }),
    ...(job.waitingFor && { waitingFor: job.waitingFor }),
    streams: job.streams,
    ...(job.failure && { failure: job.failure }),
  }
}

function durationOf(job: Job, now: number): number {
  if (job.startTime === undefined) return 0
  const end = job.endTime ?? (hasEnded(job) ? job.lastUpdatedAt : now)
  return Math.max(0, end - job.startTime)
}

function toTime(ms: number): string {
  return new Date(ms).toISOString()
}

/** Whole seconds in the form Airbyte's API uses: hours are the largest unit. */
function toDuration(ms: number): string {
  const seconds = Math.floor(ms / 1000)
  const parts: [number, string][] = [
    [Math.floor(seconds / 3600), 'H'],
    [Math.floor(seconds / 60) % 60, 'M'],
    [seconds % 60, 'S'],
  ]
  const text = parts.flatMap(([value, unit]) => (value > 0 ? `${value}${unit}` : [])).join('')
  return `PT${text || '0S'}`
}
