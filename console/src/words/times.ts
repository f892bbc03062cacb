const second = 1000
const minute = 60 * second
const hour = 60 * minute
const day = 24 * hour

const sameYear = new Intl.DateTimeFormat('en-GB', {
  month: 'short',
  day: 'numeric',
  hour: '2-digit',
  minute: '2-digit',
})
const otherYear = new Intl.DateTimeFormat('en-GB', {
  year: 'numeric',
  month: 'short',
  day: 'numeric',
  hour: '2-digit',
  minute: '2-digit',
})
const clock = new Intl.DateTimeFormat('en-GB', { hour: '2-digit', minute: '2-digit', second: '2-digit' })

/** `30 Nov, 18:04` in the reader's zone, with the year where it is another. @param time ms since the epoch */
export function formatTime(time: number, now: number): string {
  const isThisYear = new Date(time).getFullYear() === new Date(now).getFullYear()
  return (isThisYear ? sameYear : otherYear).format(time)
}

/** `18:04:31` in the reader's zone. */
export function formatClock(time: number): string {
  return clock.format(time)
}

/** `2026-11-30 17:04:31 UTC` */
export function formatUtc(time: number): string {
  return `${new Date(time).toISOString().slice(0, 19).replace('T', ' ')} UTC`
}

/** `just now`, `4 min ago`, `in 3 h`; undefined where a date says more. */
export function formatDistance(time: number, now: number): string | undefined {
  const distance = Math.abs(time - now)
  if (distance < 10 * second) return time > now ? 'in a moment' : 'just now'
  if (distance >= 7 * day) return undefined
  const text = formatSpan(distance)
  return time > now ? `in ${text}` : `${text} ago`
}

/** `42 s`, `4 min`, `3 h 20 min`, `2 days`; two units at most. @param ms length */
export function formatSpan(ms: number): string {
  if (ms < minute) return `${Math.round(ms / second)} s`
  if (ms < hour)
    return joined(Math.floor(ms / minute), 'min', ms < 10 * minute ? Math.round((ms % minute) / second) : 0, 's')
  if (ms < day) return joined(Math.floor(ms / hour), 'h', Math.floor((ms % hour) / minute), 'min')
  const days = Math.floor(ms / day)
  return joined(days, days === 1 ? 'day' : 'days', days < 3 ? Math.floor((ms % day) / hour) : 0, 'h')
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
