const whole = new Intl.NumberFormat('en')
const oneDigit = new Intl.NumberFormat('en', { maximumFractionDigits: 1 })

/** `12,345` */
export function formatCount(count: number): string {
  return whole.format(count)
}

/** `1 row`, `12,345 rows` @param many where it is more than an *s* that makes the plural */
export function formatNoun(count: number, noun: string, many = `${noun}s`): string {
  return `${formatCount(count)} ${count === 1 ? noun : many}`
}

/** @param perSecond rows in a second */
export function formatRate(perSecond: number): string {
  return `${perSecond >= 10 ? whole.format(Math.round(perSecond)) : oneDigit.format(perSecond)} rows/s`
}

const units = ['bytes', 'kB', 'MB', 'GB', 'TB']

/** `3.4 MB` */
export function formatBytes(bytes: number): string {
  let [size, unit] = [bytes, 0]
  while (size >= 1000 && unit < units.length - 1) {
    size /= 1000
    unit++
  }
  return `${oneDigit.format(size)} ${units[unit]}`
}
