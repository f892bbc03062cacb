import type { SentLately } from './ceiling.ts'
import { type BudgetShare, nextShares } from './fair-share.ts'
import type { UsageReport, WindowAnswers, WindowReading } from './usage-report.ts'

/**
 * The counts for the requests with one access token, by all that share it. Stored as JSON in this form, so its members
 * keep their names. Times are ms on Intercom's clock, as far as it is known, and never later than the truth.
 */
export interface TokenUsage {
  /** When it last changed. */
  at: number
  /** Number of the window. It distinguishes permits of one window from those of the next. */
  window: number
  /** Requests per window; undefined before Intercom has named the limit. */
  limit?: number
  endsAt: number
  /**
   * The fewest requests remaining that an answer has named. Answers overtake each other, so the lowest number is the
   * latest. `limit` before the first answer.
   */
  lowest: number
  /** Whether an answer has named the remaining requests of this window. */
  told: boolean
  /** Our permits that Intercom may count in this window. */
  granted: number
  /** The permits among them whose answer is not known. Each is assumed to be missing from `lowest`. */
  open: number
  /** The same for the window before: a request sent then may be counted in this one. */
  openBefore: number
  /**
   * Whether this window has been counted from its start. Only then do we know that others spent the missing requests.
   */
  whole: boolean
  /** When others were last seen spending; 0 = never. */
  othersSeenAt: number
  /** Until when a 429 forbids requests; 0 = no 429 does. */
  blockedUntil: number
  members: Record<string, BudgetShare>
  /** Requests sent under a ceiling of our own, by that ceiling per minute. */
  ceilings: Record<string, SentLately>
}

export const WINDOW_MS = 10_000
/** `X-RateLimit-Reset` ends a window, so it lies no further ahead than this: a window, and a second for rounding. */
export const FURTHEST_RESET_MS = WINDOW_MS + 1000
/** The longest that a 429 may block. */
export const LONGEST_BLOCK_MS = 60_000
/** Members know Intercom's time to about a second. If two are further apart than this, one has a wrong clock. */
const CLOCK_ERROR_MS = 3000
/** A time lower than this is not a date: it counts from a clock's own start, before anybody knew Intercom's time. */
const EARLIEST_DATE_MS = 1e11

/** The usage in the window that holds `now`; an empty one when no usage is given. */
export function tokenUsageAt(given: TokenUsage | undefined, now: number): TokenUsage {
  let usage = given ?? emptyUsage(now)
  const isUndated = usage.at < EARLIEST_DATE_MS && now >= EARLIEST_DATE_MS
  const isAhead = usage.at > now + WINDOW_MS + CLOCK_ERROR_MS
  if (isUndated || isAhead) usage = shifted(usage, now - usage.at)
  // Somebody's clock is ahead, and the window began by that clock. Nobody knows what is left of it.
  if (isAhead && usage.limit !== undefined) usage = inNewWindow(usage, now + WINDOW_MS, false)
  usage = withPossibleTimes(usage, now)
  usage = { ...usage, at: now }
  if (usage.limit === undefined || now < usage.endsAt) return usage
  const passed = Math.floor((now - usage.endsAt) / WINDOW_MS) + 1
  return inNewWindow(usage, usage.endsAt + passed * WINDOW_MS, passed === 1)
}

/**
 * No window ends later than a window from now, and no 429 blocks for more than a minute. A later time comes from a
 * clock that was ahead, so nobody waits for it longer than for a window.
 */
function withPossibleTimes(usage: TokenUsage, now: number): TokenUsage {
  const endIsPossible = usage.endsAt <= now + WINDOW_MS + CLOCK_ERROR_MS
  const blockIsPossible = usage.blockedUntil <= now + LONGEST_BLOCK_MS + CLOCK_ERROR_MS
  return {
    ...usage,
    endsAt: endIsPossible ? usage.endsAt : now + WINDOW_MS,
    blockedUntil: blockIsPossible ? usage.blockedUntil : now + WINDOW_MS,
  }
}

/** Takes in a usage report. */
export function withReport(given: TokenUsage, report: UsageReport): TokenUsage {
  let usage = given
  for (const [window, count] of report.ended) usage = withEnded(usage, window, count)
  for (const [window, groups] of report.answered)
    for (const answers of groups) usage = withAnswers(usage, window, answers)
  for (const [window, count] of report.failed) usage = withFailed(usage, window, count)
  for (const [window, count] of report.unused) usage = withUnused(usage, report.member, window, count)
  if (report.reading) usage = withReading(usage, report.reading)
  return {
    ...usage,
    othersSeenAt: othersSpend(usage) ? usage.at : usage.othersSeenAt,
    blockedUntil: Math.max(usage.blockedUntil, report.blockedUntil),
  }
}

/** For requests that have ended, the answer is no longer open. */
function withEnded(usage: TokenUsage, window: number, count: number): TokenUsage {
  if (window === usage.window) return { ...usage, open: Math.max(0, usage.open - count) }
  if (window === usage.window - 1) return { ...usage, openBefore: Math.max(0, usage.openBefore - count) }
  return usage
}

/** Intercom may have counted a request that failed. Until an answer says what remains, it is taken to have. */
function withFailed(usage: TokenUsage, window: number, count: number): TokenUsage {
  if (window !== usage.window || usage.limit === undefined) return usage
  return { ...usage, lowest: Math.max(0, usage.lowest - count) }
}

/**
 * Removes from this window the permits that turn out to be counted in the one before, or not at all. If some were granted
 * still earlier (a process that starts may take long to send its first requests), our count of this window is not whole.
 */
function withAnswers(usage: TokenUsage, window: number, { endsAt, count, refused }: WindowAnswers): TokenUsage {
  const isEarlier = endsAt < usage.endsAt - WINDOW_MS / 2
  if (window === usage.window - 1 && isEarlier) return withFewerGranted(usage, count)
  if (window < usage.window - 1 && !isEarlier) return { ...usage, whole: false }
  const mayBeOfThis = window === usage.window || window === usage.window - 1
  return !isEarlier && mayBeOfThis ? withFewerGranted(usage, refused) : usage
}

function withUnused(given: TokenUsage, member: string, window: number, count: number): TokenUsage {
  let usage = withEnded(given, window, count)
  if (window === usage.window || window === usage.window - 1) usage = withFewerGranted(usage, count)
  const own = window === usage.window ? usage.members[member] : undefined
  if (!own) return usage
  return { ...usage, members: { ...usage.members, [member]: { ...own, granted: Math.max(0, own.granted - count) } } }
}

function withFewerGranted(usage: TokenUsage, count: number): TokenUsage {
  return { ...usage, granted: Math.max(0, usage.granted - count) }
}

function withReading(given: TokenUsage, { limit, remaining, endsAt, answers }: WindowReading): TokenUsage {
  let usage = given
  const isNew = usage.limit === undefined || endsAt > usage.endsAt + WINDOW_MS / 2
  // An answer that comes late says nothing about the present window.
  if (!isNew && usage.told && endsAt < usage.endsAt - WINDOW_MS / 2) return usage
  if (isNew) {
    const follows = usage.limit !== undefined && endsAt < usage.endsAt + 1.5 * WINDOW_MS
    usage = inNewWindow(usage, endsAt, follows)
    usage = { ...usage, granted: usage.granted + answers }
  }
  if (usage.told && remaining >= usage.lowest) return usage
  // When the limit has changed, the missing requests do not show who spent them. Nor do they when the window that the
  // answer names has ended by our clock: then our own requests in it are no longer counted.
  const whole = usage.whole && limit === usage.limit && endsAt >= usage.endsAt - WINDOW_MS / 2
  return { ...usage, limit, endsAt, lowest: remaining, told: true, whole }
}

/** Whether more is missing than all our requests together can have taken. */
function othersSpend({ limit, lowest, told, whole, granted }: TokenUsage): boolean {
  return whole && told && limit !== undefined && limit - lowest > granted
}

/** A new window starts full, until an answer says otherwise. @param follows whether it is the very next window */
function inNewWindow(usage: TokenUsage, endsAt: number, follows: boolean): TokenUsage {
  const openBefore = follows || usage.limit === undefined ? usage.open : 0
  return {
    ...usage,
    members: nextShares(usage.members, usage.window),
    window: usage.window + 1,
    endsAt,
    lowest: usage.limit ?? 0,
    told: false,
    // A request may be on its way for longer than a short first window, and count in this one.
    granted: openBefore + usage.openBefore,
    open: 0,
    openBefore,
    whole: usage.limit !== undefined,
  }
}

function emptyUsage(at: number): TokenUsage {
  const counts = { window: 0, endsAt: 0, lowest: 0, granted: 0, open: 0, openBefore: 0, othersSeenAt: 0 }
  return { at, told: false, whole: false, ...counts, blockedUntil: 0, members: {}, ceilings: {} }
}

/** Converts all times to another clock: from a member's own to Intercom's, or from one that was ahead to ours. */
function shifted(usage: TokenUsage, ms: number): TokenUsage {
  const move = (sent: SentLately): SentLately => sent.map(([start, count]) => [start + ms, count])
  const ceilings = Object.entries(usage.ceilings).map(([ceiling, sent]) => [ceiling, move(sent)])
  return {
    ...usage,
    endsAt: usage.endsAt + ms,
    blockedUntil: usage.blockedUntil + ms,
    othersSeenAt: usage.othersSeenAt > 0 ? usage.othersSeenAt + ms : usage.othersSeenAt,
    ceilings: Object.fromEntries(ceilings),
  }
}
