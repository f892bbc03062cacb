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

function secondsOf(text: string): number | undefined {
  if (SECONDS.test(text)) return Number(text)
  const [, date, time = '00:00', hours, minutes] = DATE.exec(text) ?? []
  if (date === undefined) return undefined
  return Date.parse(`${date}T${time}${hours === undefined ? 'Z' : `${hours}:${minutes}`}`) / 1000
}
