const second = 1000
const minute = 60 * second
const hour = 60 * minute
const day = 24 * hour

const sameYear = { month: 'short', day: 'numeric', hour: '2-digit', minute: '2-digit' } as const
const clock = new Intl.DateTimeFormat('en-GB', { hour: '2-digit', minute: '2-digit', second: '2-digit' })

/** The reader's. */
export const ownZone = Intl.DateTimeFormat().resolvedOptions().timeZone

/**
 * `30 Nov, 18:04`, with the year where it is another.
 *
 * @param time ms since the epoch
 * @param timeZone @defaultValue the reader's
 */
export function formatTime(time: number, now: number, timeZone = ownZone): string {
  const isThisYear = new Date(time).getFullYear() === new Date(now).getFullYear()
  const form = isThisYear ? sameYear : { ...sameYear, year: 'numeric' as const }
  return new Intl.DateTimeFormat('en-GB', { ...form, timeZone }).format(time)
}

/** `18:04:31` in the reader's zone. */
export function formatClock(time: number): string {
  return clock.format(time)
}

/** `2026-11-30 17:04:31 UTC` */
export function formatUtc(time: number): string {
  return `${new Date(time).toISOString().slice(0, 19).replace('T', ' ')} UTC`
}

/**
 * `just now`, `4 min ago`, `3 days ago`; undefined where a date says more. What is past never lies ahead: the page's idea
 * of now is a few seconds old, and the clocks of two machines differ.
 */
export function formatAge(time: number, now: number): string | undefined {
  const age = Math.max(0, now - time)
  if (age < 10 * second) return 'just now'
  return age < 7 * day ? `${oneUnit(age)} ago` : undefined
}

/** `in 3 h`; undefined where a date says more. */
export function formatWait(time: number, now: number): string | undefined {
  const wait = time - now
  if (wait < 10 * second) return 'in a moment'
  return wait < 7 * day ? `in ${oneUnit(wait)}` : undefined
}

/** The largest unit says enough about a time that goes on changing. */
function oneUnit(ms: number): string {
  if (ms < minute) return `${Math.floor(ms / second)} s`
  if (ms < hour) return `${Math.floor(ms / minute)} min`
  if (ms < day) return `${Math.floor(ms / hour)} h`
  const days = Math.floor(ms / day)
  return days === 1 ? '1 day' : `${days} days`
}

/** `42 s`, `4 min 7 s`, `3 h 20 min`, `2 days`; two units at most. @param ms length */
export function formatSpan(ms: number): string {
  const seconds = Math.round(ms / second)
  if (seconds < 60) return `${seconds} s`
  const minutes = Math.floor(seconds / 60)
  if (minutes < 60) return joined(minutes, 'min', minutes < 10 ? seconds % 60 : 0, 's')
  const hours = Math.floor(minutes / 60)
  if (hours < 24) return joined(hours, 'h', minutes % 60, 'min')
  const days = Math.floor(hours / 24)
  return joined(days, days === 1 ? 'day' : 'days', days < 3 ? hours % 24 : 0, 'h')
}

function joined(count: number, unit: string, rest: number, restUnit: string): string {
  return rest > 0 ? `${count} ${unit} ${rest} ${restUnit}` : `${count} ${unit}`
}

/** Length of an ISO 8601 duration such as `PT1H2M3.45S`, ms; undefined for another text. */
export function readDuration(text: string): number | undefined {
  const found = /^P(?:(\d+)W)?(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:([\d.]+)S)?)?$/.exec(text)
  if (!found || text.endsWith('P') || text.endsWith('T')) return undefined
  const [, weeks = 0, days = 0, hours = 0, minutes = 0, seconds = 0] = found
  return (
    (Number(weeks) * 7 + Number(days)) * day +
    Number(hours) * hour +
    Number(minutes) * minute +
    Number(seconds) * second
  )
}

/** What a stream's cursor means. */
export const freshnessHint =
  'Everything that changed before that time has come, and newer rows as well. It lies behind the sync by as much as ' +
  'Intercom shows changes late (contacts: an hour, tickets: a day): the next sync looks at that time once more.'
