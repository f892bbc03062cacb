/**
 * A local time is what a clock on the wall shows, as ms: those of UTC when a clock in UTC shows the same.
 *
 * What a zone's clock is ahead of UTC, ms.
 *
 * @param time ms since the epoch
 */
export function aheadOfUtc(timeZone: string, time: number): number {
  const shown = formatterOf(timeZone).format(time)
  const [, sign, hours = '0', minutes = '0'] = /GMT(?:([+-])(\d\d):(\d\d))?/.exec(shown) ?? []
  return (sign === '-' ? -1 : 1) * (Number(hours) * 60 + Number(minutes)) * minuteMs
}

/**
 * When a zone's clock shows a local time for the first time. A local time that a gap of the clock skips counts as
 * shown at the end of the gap.
 *
 * @param local see above
 * @returns ms since the epoch
 */
export function firstShownAt(timeZone: string, local: number): number {
  // No zone is further from UTC than this, and none sets its clock twice within two days.
  const before = aheadOfUtc(timeZone, local - dayMs)
  const after = aheadOfUtc(timeZone, local + dayMs)
  const shown = [local - before, local - after].filter((time) => time + aheadOfUtc(timeZone, time) === local)
  return shown.length > 0 ? Math.min(...shown) : endOfGap(timeZone, local - after, local - before)
}

/** The first whole minute in the span from which on the clock is set. Clocks are set at whole minutes. */
function endOfGap(timeZone: string, from: number, until: number): number {
  const set = aheadOfUtc(timeZone, until)
  let [early, late] = [Math.floor(from / minuteMs), Math.ceil(until / minuteMs)]
  while (late - early > 1) {
    const middle = Math.floor((early + late) / 2)
    if (aheadOfUtc(timeZone, middle * minuteMs) === set) late = middle
    else early = middle
  }
  return late * minuteMs
}

const minuteMs = 60_000
const dayMs = 24 * 60 * minuteMs

/** A formatter takes a tenth of a millisecond to make. */
const formatters = new Map<string, Intl.DateTimeFormat>()

function formatterOf(timeZone: string): Intl.DateTimeFormat {
  const formatter =
    formatters.get(timeZone) ?? new Intl.DateTimeFormat('en-US', { timeZone, timeZoneName: 'longOffset' })
  formatters.set(timeZone, formatter)
  return formatter
}
