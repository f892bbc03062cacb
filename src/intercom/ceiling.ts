/** Our own limit of requests per minute, whatever Intercom allows. */
export interface Ceiling {
  /** Ms until the next request may go; 0 = now. */
  waitMs(now: number): number
  /** Counts a request. */
  note(now: number): void
}

const MINUTE_MS = 60_000
const WINDOW_MS = 10_000

/** Kept in every stretch of a minute, and spread over the minute by tens of seconds. Times are ms of one clock. */
export function createCeiling(perMinute: number): Ceiling {
  const perWindow = Math.ceil(perMinute / 6)
  const sent: number[] = []
  /** Ms until fewer than `most` requests lie in the last `stretch`. */
  const untilFewer = (most: number, stretch: number, now: number) =>
    Math.max(0, (sent.at(-most) ?? Number.NEGATIVE_INFINITY) + stretch - now)

  return {
    waitMs: (now) => Math.max(untilFewer(perMinute, MINUTE_MS, now), untilFewer(perWindow, WINDOW_MS, now)),
    note(now) {
      sent.push(now)
      if (sent.length >= 2 * perMinute) sent.splice(0, sent.length - perMinute)
    },
  }
}
