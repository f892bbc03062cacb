import { isObject } from '../../json-object.ts'

/** A connection's schedule in a few words; nothing from a service of a version without schedules. */
export function scheduleText({ schedule, paused }: Record<string, unknown>): string {
  if (!isObject(schedule)) return ''
  const { type, cron, timeZone, every } = schedule
  const text = type === 'cron' ? `${cron} ${timeZone}` : type === 'interval' ? `every ${every}` : 'manual'
  return paused === true ? `${text}, paused` : text
}

/** What a connection does by itself, and what came of it, as lines for people. */
export function scheduleLines(connection: Record<string, unknown>): string[] {
  if (!isObject(connection.schedule)) return []
  const { ack, health, nextRuns, lastJob, lastSuccessAt, consecutiveFailures, skippedRuns, untakenRuns } = connection
  const { fullRefresh } = connection
  const next = Array.isArray(nextRuns) ? nextRuns.map(String) : []
  const lines = [
    `Schedule: ${scheduleText(connection)}; acknowledged by ${ack === 'on_success' ? 'each job that succeeds' : 'clients'}`,
    ...(isObject(fullRefresh)
      ? [`Full refresh: ${scheduleText(fullRefresh)}, of ${[fullRefresh.streams].flat().join(', ')}`]
      : []),
    `Health: ${health}; last success ${lastSuccessAt ?? 'never'}, ${consecutiveFailures} failures since`,
    ...(skippedRuns === undefined
      ? []
      : [`Due times without a job: ${skippedRuns}; syncs whose messages nobody took: ${untakenRuns}`]),
    ...(next.length > 0 ? [`Next: ${next.join(', ')}`] : []),
  ]
  return isObject(lastJob) ? [...lines, `Last job: ${lastJob.jobId}, ${lastJob.status}`] : lines
}
