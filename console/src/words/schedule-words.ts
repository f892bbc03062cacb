import type { Schedule } from '../api/types.ts'
import { formatSpan, readDuration } from './times.ts'

const days = ['Sunday', 'Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday']

/** A schedule as a person says it: `every day at 03:00, Europe/Berlin`. */
export function scheduleWords(schedule: Schedule | undefined): string {
  if (schedule === undefined || schedule.type === 'manual') return 'only when asked'
  if (schedule.type === 'interval') return intervalWords(schedule.every ?? '')
  const words = cronWords(schedule.cron ?? '')
  return `${words}, ${schedule.timeZone ?? 'UTC'}`
}

/** The zone that the times of a schedule are set in. @returns undefined where it has none */
export function zoneOf(schedule: Schedule | undefined): string | undefined {
  return schedule?.type === 'cron' ? (schedule.timeZone ?? 'UTC') : undefined
}

function intervalWords(every: string): string {
  const length = readDuration(every)
  if (length === undefined) return `every ${every}`
  if (length === 3_600_000) return 'every hour'
  return length === 86_400_000 ? 'every 24 h' : `every ${formatSpan(length)}`
}

/** Only what people set most often has words; the rest is shown as it is. */
function cronWords(cron: string): string {
  const [minute = '', hour = '', dayOfMonth, month, weekday = ''] = cron.trim().split(/\s+/)
  if (month !== '*' || !isNumber(minute)) return `cron “${cron}”`
  const past = minute.padStart(2, '0')
  if (hour === '*' && dayOfMonth === '*' && weekday === '*') {
    return minute === '0' ? 'every hour, on the hour' : `every hour, at ${past} past`
  }
  if (!isNumber(hour)) return `cron “${cron}”`
  const time = `${hour.padStart(2, '0')}:${past}`
  if (dayOfMonth === '*' && weekday === '*') return `every day at ${time}`
  if (dayOfMonth === '*' && weekday === '1-5') return `every weekday at ${time}`
  if (dayOfMonth === '*' && /^[0-7]$/.test(weekday)) return `every ${days[Number(weekday) % 7]} at ${time}`
  if (weekday === '*' && isNumber(dayOfMonth ?? '')) return `on day ${dayOfMonth} of each month at ${time}`
  return `cron “${cron}”`
}

function isNumber(text: string): boolean {
  return /^\d{1,2}$/.test(text)
}
