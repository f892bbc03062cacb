/** Requests sent lately: start of each half second -> how many, oldest first. Times are ms of one clock. */
export type SentLately = [start: number, count: number][]

const MINUTE_MS = 60_000
const WINDOW_MS = 10_000
const STRETCH_MS = 500
/** At first Intercom's clock is known to the second only, so a minute measured by it may be too short by this much. */
const CLOCK_ERROR_MS = 1000

/**
 * Ms until our own ceiling allows the next request; 0 = now. The ceiling holds in any minute, wherever it begins, and a
 * sixth of it in any 10 s.
 */
export function ceilingWaitMs(sent: SentLately, perMinute: number, now: number): number {
  const minute = untilFewer(sent, perMinute, MINUTE_MS + CLOCK_ERROR_MS, now)
  return Math.max(minute, untilFewer(sent, Math.ceil(perMinute / 6), WINDOW_MS, now))
}

/** Counts a request, and forgets those that no longer matter. */
export function withSent(sent: SentLately, now: number): SentLately {
  const start = Math.floor(now / STRETCH_MS) * STRETCH_MS
  const kept = sent.filter(([time]) => time > start - 2 * MINUTE_MS)
  const latest = kept.at(-1)
  // Time may go back a little. Then the later time counts, which only makes the wait longer.
  if (latest && latest[0] >= start) return [...kept.slice(0, -1), [latest[0], latest[1] + 1]]
  return [...kept, [start, 1]]
}

/** Ms until fewer than `most` requests lie in the last `length` ms. */
function untilFewer(sent: SentLately, most: number, length: number, now: number): number {
  let count = 0
  for (const [start, requests] of sent.toReversed()) {
    count += requests
    if (count >= most) return Math.max(0, start + STRETCH_MS + length - now)
  }
  return 0
}
