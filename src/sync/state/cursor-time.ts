/** More digits than these cannot be seconds. */
const LATEST = 99_999_999_999

const SECONDS = /^[0-9]{1,11}(\.[0-9]+)?$/
const DATE = /^(\d{4}-\d\d-\d\d)(?:[T ](\d\d:\d\d(?::\d\d(?:\.\d+)?)?)(?:Z|([+-]\d\d):?(\d\d))?)?$/i

/**
 * The time that a cursor stands for, in whole Unix seconds, rounded down; undefined when it is no time. Airbyte's
 * connector has written numbers and strings of digits, depending on its version. People who edit a state on Airbyte's
 * page write dates (ISO 8601), which are UTC where they say nothing else.
 */
export function cursorTime(value: unknown): number | undefined {
  const seconds = typeof value === 'string' ? secondsOf(value) : value
  if (typeof seconds !== 'number' || !(seconds >= 0 && seconds <= LATEST)) return undefined
  return Math.floor(seconds)
}

/** A cursor up to so far in the future can be explained by clocks that differ, seconds. */
const CLOCK_DIFFERENCE = 3600

/**
 * Whether a cursor is so little in the future that differing clocks explain it. Then the cursor counts as now;
 * otherwise changes before that time would be skipped. A cursor further in the future stays as it is, because somebody
 * put it there.
 *
 * @param latest by the clock that is furthest ahead, Unix seconds
 */
export function isALittleAhead(cursor: number, latest: number): boolean {
  return cursor > latest && cursor <= latest + CLOCK_DIFFERENCE
}

function secondsOf(text: string): number | undefined {
  if (SECONDS.test(text)) return Number(text)
  const [, date, time = '00:00', hours, minutes] = DATE.exec(text) ?? []
  if (date === undefined) return undefined
  return Date.parse(`${date}T${time}${hours === undefined ? 'Z' : `${hours}:${minutes}`}`) / 1000
}
