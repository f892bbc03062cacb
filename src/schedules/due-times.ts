import { parseDuration } from './duration.ts'
import { aheadOfUtc, firstShownAt } from './local-time.ts'
import { type CronSchedule, cronOf, type IntervalSchedule, type Schedule } from './schedule.ts'

/**
 * The times after `after` at which a job is due, ms since the epoch, one after the other without end.
 *
 * A time of the day that a gap of the clock skips is due at the end of the gap, and one that comes twice is due the
 * first time, so that each day has its job. Schedules of every hour go on through both.
 *
 * @param setAt when the schedule was set, ms since the epoch: intervals count from there
 */
export function dueTimes(schedule: Schedule, setAt: number, after: number): Iterable<number> {
  if (schedule.type === 'manual') return []
  return schedule.type === 'cron' ? cronTimes(schedule, after) : intervalTimes(schedule, setAt, after)
}

/** The first so many of the times at which a job is due after `after`. */
export function nextDueTimes(schedule: Schedule, setAt: number, after: number, count: number): number[] {
  const times: number[] = []
  for (const time of dueTimes(schedule, setAt, after)) {
    if (times.push(time) >= count) break
  }
  return times
}

/** The due times of a span. */
interface DueSpan {
  /** How many there are. */
  count: number
  /** The last of them, ms since the epoch; the beginning of the span when there is none. */
  latest: number
  /** False when the span has more than were counted: it goes on after `latest`. */
  isWhole: boolean
}

/** Due times that are counted at a time: one of a cron schedule takes a tenth of a millisecond. */
const mostCounted = 1000

/** The times at which a job is due after `after` and up to `until`. */
export function dueBetween(schedule: Schedule, setAt: number, after: number, until: number): DueSpan {
  const span = { count: 0, latest: after, isWhole: true }
  for (const time of dueTimes(schedule, setAt, after)) {
    if (time > until) return span
    if (span.count === mostCounted) return { ...span, isWhole: false }
    span.count++
    span.latest = time
  }
  return span
}

function* intervalTimes({ every }: IntervalSchedule, setAt: number, after: number): Generator<number> {
  const length = parseDuration(every)
  if (length === undefined) return
  for (let count = Math.max(1, Math.floor((after - setAt) / length) + 1); ; count++) yield setAt + count * length
}

/** No clock is set by more. */
const widestGapMs = 3 * 3600 * 1000

/**
 * croner finds the local times; where they are in time, it gets wrong: it loses the day when a gap ends at midnight
 * (Nuuk). So does the library that BullMQ brings when a gap begins there, or is half an hour long.
 */
function* cronTimes({ cron, timeZone }: CronSchedule, after: number): Generator<number> {
  const [, hours] = cron.trim().split(/\s+/)
  const goesThroughGaps = hours === '*'
  const pattern = cronOf({ cron, timeZone: goesThroughGaps ? timeZone : 'UTC' })
  const before = goesThroughGaps ? after : after + aheadOfUtc(timeZone, after) - widestGapMs
  let last = after
  for (let next = pattern.nextRun(new Date(before)); next !== null; next = pattern.nextRun(next)) {
    const time = goesThroughGaps ? next.getTime() : firstShownAt(timeZone, next.getTime())
    if (time <= last) continue
    last = time
    yield time
  }
}
