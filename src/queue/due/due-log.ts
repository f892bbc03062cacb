import type { Logger } from 'pino'
import type { Metrics } from '../../metrics.ts'
import type { HandleDueDependencies } from './handle-due.ts'

/** Logs and counts what becomes of due times. */
export function observeDueTimes(metrics: Metrics, logger: Logger): NonNullable<HandleDueDependencies['onDue']> {
  return (event, { kind, reason, count = 0, ...about }) => {
    if (event === 'started') {
      metrics.add('intercom_sync_due_times_total', { outcome: 'started' })
      if (count > 0) metrics.add('intercom_sync_due_times_total', { outcome: 'missed' }, count)
      logger.info({ ...about, kind, ...(count > 0 && { missed: count }) }, 'scheduled job made')
    }
    if (event === 'skipped') {
      metrics.add('intercom_sync_due_times_total', { outcome: reason ?? 'missed' }, count)
      logger.info({ ...about, kind, reason, count }, 'scheduled job skipped')
    }
    if (event === 'untaken')
      logger.warn(about, 'messages of the sync before were gone before a client had acknowledged them')
    if (event === 'clock_was_ahead')
      logger.warn({ ...about, kind }, 'a clock was more than a day ahead: the schedule goes on from now')
  }
}
