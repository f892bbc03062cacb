import { fairReserve, OPEN_TO_ALL_MS } from './fair-share.ts'
import { type TokenUsage, WINDOW_MS } from './token-usage.ts'

/** The number of requests that a member can get in a token's window, now and at best. */
interface Room {
  /** Requests that may be sent now. */
  now: number
  /**
   * Whether more may become free at any moment, through answers on their way, or from the share kept for other members.
   */
  mayGrow: boolean
  /** Ms until more is free, whatever the answers say. */
  opensInMs: number
}

/** This long into a window, no request of the window before can still be on its way to Intercom. */
const LATE_MS = 2000
/** The reserve is kept this long after others were last seen, because those who spend little show in few windows. */
const OTHERS_REMEMBERED_MS = 6 * WINDOW_MS

/**
 * We see apps other than our members only by what they take. So the reserve for them stays untouched until the last
 * part of every window, when an answer shows whether they have taken from it. Once they have been seen, it stays to the
 * end.
 *
 * @param reserve share of the limit left to others while they are seen spending
 * @param isUrgent for a few requests that many wait for: they may take from what is kept, but for half of the reserve
 * while others are seen
 */
export function roomOf(usage: TokenUsage, member: string, reserve: number, isUrgent = false): Room {
  const { limit, lowest, endsAt, at, othersSeenAt } = usage
  if (limit === undefined) return { now: Number.POSITIVE_INFINITY, mayGrow: false, opensInMs: 0 }
  const leftMs = endsAt - at
  const othersSeen = othersSeenAt > 0 && at - othersSeenAt < OTHERS_REMEMBERED_MS
  const share = isUrgent ? (othersSeen ? reserve / 2 : 0) : reserve
  const kept = othersSeen || leftMs > OPEN_TO_ALL_MS ? Math.floor(limit * share) : 0
  const late = leftMs > WINDOW_MS - LATE_MS ? usage.openBefore : 0
  const free = lowest - kept - usage.open - late
  const forMembers = isUrgent ? 0 : fairReserve(usage.members, member, usage.window, limit - kept, leftMs)
  const opensLate = kept > 0 && !othersSeen && lowest > 0
  return {
    now: free - forMembers,
    mayGrow: lowest > kept,
    opensInMs: opensLate ? leftMs - OPEN_TO_ALL_MS : leftMs,
  }
}
