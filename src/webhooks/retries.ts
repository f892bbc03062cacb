/** Tries of one delivery go on for so long, ms. */
export const triesLastMs = 24 * 3_600_000

const firstWaitMs = 10_000
const longestWaitMs = 3 * 3_600_000
/** Waits are up to so much longer, so that what failed at the same time does not come back at the same time. */
const jitter = 0.2

/** The tries of a delivery so far. Times are ms since the epoch. */
interface Tries {
  /** When the first of them was. */
  since: number
  count: number
}

/**
 * When a delivery is tried again: after 10 s, 30 s, 90 s … and then every 3 h, the last time 24 h after the first try. A
 * receiver may ask for a longer wait, up to 3 h.
 *
 * @param now ms since the epoch
 * @param retryAfterMs what the receiver asks for
 * @param random from 0 to 1
 * @returns undefined when it was the last try
 */
export function nextTryAt({ since, count }: Tries, now: number, retryAfterMs = 0, random = 0): number | undefined {
  const end = since + triesLastMs
  if (now >= end) return undefined
  const wait = Math.min(firstWaitMs * 3 ** (count - 1), longestWaitMs)
  const asked = Math.min(retryAfterMs, longestWaitMs)
  return Math.min(now + Math.round(Math.max(wait * (1 + jitter * random), asked)), end)
}

/**
 * What `Retry-After` asks for, ms.
 *
 * @param now ms since the epoch
 * @returns undefined where it says nothing that can be understood
 */
export function readRetryAfter(header: string | undefined, now: number): number | undefined {
  if (header === undefined) return undefined
  if (/^\d{1,9}$/.test(header)) return Number(header) * 1000
  const time = Date.parse(header)
  return Number.isNaN(time) ? undefined : Math.max(0, time - now)
}
