import { Cron } from 'croner'
import { parseDuration } from './duration.ts'

/** Jobs begin only when somebody asks for them. */
interface ManualSchedule {
  type: 'manual'
}

/** Jobs are due at times of the clock on the wall somewhere. */
export interface CronSchedule {
  type: 'cron'
  /** Minute, hour, day of the month, month, day of the week. */
  cron: string
  /** A name of the IANA database. */
  timeZone: string
}

/** Jobs are due at equal distances. */
export interface IntervalSchedule {
  type: 'interval'
  /** ISO 8601, e.g. `PT1H`. */
  every: string
}

export type Schedule = ManualSchedule | CronSchedule | IntervalSchedule

/** What is wrong with a member of a schedule. */
interface ScheduleFault {
  member: string
  detail: string
}

/**
 * What is wrong with a schedule of the right shape; undefined if it can be followed.
 *
 * @param shortestMs the shortest interval that the operator allows
 */
export function findScheduleFault(schedule: Schedule, shortestMs: number): ScheduleFault | undefined {
  if (schedule.type === 'cron') return findCronFault(schedule)
  if (schedule.type === 'interval') return findIntervalFault(schedule, shortestMs)
  return undefined
}

function findCronFault({ cron, timeZone }: CronSchedule): ScheduleFault | undefined {
  if (!isTimeZone(timeZone))
    return { member: 'timeZone', detail: 'is no time zone of the IANA database: write one like `Europe/Berlin`' }
  try {
    if (cronOf({ cron, timeZone }).nextRun() === null)
      return { member: 'cron', detail: 'names a date that never comes' }
    return undefined
  } catch {
    return {
      member: 'cron',
      detail: 'is not five fields of minute, hour, day of the month, month and day of the week, as in `0 3 * * *`',
    }
  }
}

function findIntervalFault({ every }: IntervalSchedule, shortestMs: number): ScheduleFault | undefined {
  const ms = parseDuration(every)
  if (ms === undefined)
    return {
      member: 'every',
      detail: 'is no ISO 8601 duration of weeks, days, hours, minutes and seconds, as in `PT1H`',
    }
  if (ms < shortestMs)
    return { member: 'every', detail: `is shorter than ${shortestMs / 1000} s, which SCHEDULE_MIN_INTERVAL allows` }
  return undefined
}

/** Accepts only names of the IANA time zone database. Newer versions of Node also accept offsets such as `+02:00`. */
function isTimeZone(name: string): boolean {
  if (!/^[A-Za-z]/.test(name)) return false
  try {
    new Intl.DateTimeFormat('en', { timeZone: name })
    return true
  } catch {
    return false
  }
}

/** @throws unless `cron` has five valid fields and `timeZone` is known */
export function cronOf({ cron, timeZone }: Pick<CronSchedule, 'cron' | 'timeZone'>): Cron {
  return new Cron(cron, { timezone: timeZone, mode: '5-part', paused: true })
}
