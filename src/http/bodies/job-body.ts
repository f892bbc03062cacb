import { hasEnded, type Job } from '../../store/job.ts'
import { keyMembersOf } from '../../streams/key.ts'
import { parentOf } from '../../streams/parent.ts'
import type { JobBody } from './schemas.ts'

/** A job as the API shows it. `now` (ms since the epoch) ends the duration of a job that still runs. */
export function toJobBody(job: Job, now: number): JobBody {
  return {
    jobId: job.jobId,
    jobType: job.jobType,
    status: job.status,
    ...(job.connectionId !== undefined && { connectionId: job.connectionId }),
    ...(job.scheduledFor !== undefined && { scheduledFor: toTime(job.scheduledFor) }),
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
    ...waitOf(job, now),
    ...rateOf(job),
    ...rateLimitOf(job),
    streams: job.streams.map((stream) => toStreamBody(stream, job)),
    ...(job.skippedStreams && { skippedStreams: job.skippedStreams }),
    ...(job.failure && { failure: job.failure }),
    ...(job.lastFailure && !hasEnded(job) && { lastFailure: job.lastFailure }),
  }
}

/** A rate limit whose time has come is waited for no longer: the worker says so within a second, unless it has died. */
function waitOf({ waitingFor, waitingUntil }: Job, now: number): Pick<JobBody, 'waitingFor' | 'waitingUntil'> {
  if (!waitingFor || (waitingFor === 'rate_limit' && waitingUntil !== undefined && waitingUntil < now)) return {}
  return { waitingFor, ...(waitingUntil !== undefined && { waitingUntil: toTime(waitingUntil) }) }
}

function rateOf({ progress }: Job): Pick<JobBody, 'rate'> {
  if (!progress) return {}
  const rate = Object.values(progress.rates).reduce((sum, one) => sum + one, 0)
  return { rate: Math.round(rate * 10) / 10 }
}

function rateLimitOf({ rateLimit }: Job): Pick<JobBody, 'rateLimit'> {
  if (!rateLimit) return {}
  const { limit, remaining, resetsAt } = rateLimit
  return { rateLimit: { limit, remaining, resetsAt: toTime(resetsAt) } }
}

function toStreamBody(stream: Job['streams'][number], { progress }: Job): JobBody['streams'][number] {
  const { streamName, status, rowsSynced, rowsEstimate = 0 } = stream
  const parent = parentOf(streamName)
  const key = keyMembersOf(streamName)
  const body = {
    ...stream,
    ...(parent && { parentStream: parent.name }),
    ...(key.join() !== 'id' && { primaryKey: key }),
  }
  const rate = progress?.rates[streamName]
  if (!progress || !rate || status !== 'RUNNING') return body
  const rest = rowsEstimate - rowsSynced
  return { ...body, rate, ...(rest > 0 && { eta: toTime(progress.at + (rest / rate) * 1000) }) }
}

function durationOf(job: Job, now: number): number {
  if (job.startTime === undefined) return 0
  const end = job.endTime ?? (hasEnded(job) ? job.lastUpdatedAt : now)
  return Math.max(0, end - job.startTime)
}

function toTime(ms: number): string {
  return new Date(ms).toISOString()
}

/** In the form that Airbyte's API uses, where hours are the largest unit, with milliseconds. */
function toDuration(ms: number): string {
  const seconds = (Math.floor(ms) / 1000) % 60
  const parts: [number, string][] = [
    [Math.floor(ms / 3_600_000), 'H'],
    [Math.floor(ms / 60_000) % 60, 'M'],
    [Math.round(seconds * 1000) / 1000, 'S'],
  ]
  const text = parts.flatMap(([value, unit]) => (value > 0 ? `${value}${unit}` : [])).join('')
  return `PT${text || '0S'}`
}
