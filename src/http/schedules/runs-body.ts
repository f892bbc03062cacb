import { failingFrom } from '../../schedules/connection-schedule.ts'
import { nextDueTimes } from '../../schedules/due-times.ts'
import type { ConnectionRuns } from '../../store/connections/connection-store.ts'
import type { Job } from '../../store/job.ts'
import { isHeld, type ScheduleRecord } from '../../store/schedules/schedule-record.ts'

/**
 * What a connection does by itself, and what came of it, as the API shows it. One without a schedule shows what its jobs
 * came to.
 *
 * @param now ms since the epoch
 * @param mostNext how many of its next runs are shown
 */
export function toRunsBody({ record, lastSync, lastJob }: ConnectionRuns, now: number, mostNext: number) {
  const { sync, refresh, ack, isPaused, lastSuccessAt, consecutiveFailures, skippedRuns, untakenRuns } = record
  const hasSchedule = sync !== undefined || refresh !== undefined
  return {
    schedule: sync?.schedule ?? { type: 'manual' },
    ...((hasSchedule || ack !== 'client') && { ack }),
    ...(refresh && { fullRefresh: { schedule: refresh.schedule, streams: refresh.streams } }),
    ...((hasSchedule || isPaused) && { paused: isPaused }),
    health: healthOf(record, lastSync),
    ...(lastJob && { lastJob: toLastJob(lastJob) }),
    ...(lastSuccessAt !== undefined && { lastSuccessAt: toTime(lastSuccessAt) }),
    consecutiveFailures,
    ...(hasSchedule && { nextRuns: nextRunsOf(record, now, mostNext).map(toTime), skippedRuns, untakenRuns }),
  }
}

function healthOf(
  { sync, ack, consecutiveFailures, signInNeededAt }: ScheduleRecord,
  lastSync: ConnectionRuns['lastSync'],
) {
  if (signInNeededAt !== undefined) return 'needs_sign_in'
  if (consecutiveFailures >= failingFrom) return 'failing'
  return sync && ack === 'client' && lastSync === 'waiting' ? 'waiting_for_acknowledgement' : 'ok'
}

/** From the code that runs them. */
function nextRunsOf(record: ScheduleRecord, now: number, most: number): number[] {
  const { sync, notBefore } = record
  if (!sync || isHeld(record)) return []
  return nextDueTimes(sync.schedule, sync.setAt, Math.max(now, sync.lastDue, notBefore - 1), most)
}

function toLastJob({ jobId, jobType, status, scheduledFor, createdAt, lastUpdatedAt, rowsSynced, failure }: Job) {
  return {
    jobId,
    jobType,
    status,
    ...(scheduledFor !== undefined && { scheduledFor: toTime(scheduledFor) }),
    createdAt: toTime(createdAt),
    lastUpdatedAt: toTime(lastUpdatedAt),
    rowsSynced,
    ...(failure && { failure: { code: failure.code, message: failure.message } }),
  }
}

function toTime(ms: number): string {
  return new Date(ms).toISOString()
}
