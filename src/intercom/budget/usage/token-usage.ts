import type { SentLately } from './ceiling.ts'
import { fairReserve, type Member, nextMembers, OPEN_TO_ALL_MS } from './fair-share.ts'

/**
 * What is counted of the requests with one access token, by all who share it. Plain JSON. Times are ms on Intercom's
 * clock, as far as it is known: never later than the truth.
 */
export interface TokenLedger {
  /** When it was last changed. */
  at: number
  /** Number of the window; leave given in one is told apart from leave given in the next. */
  window: number
  /** Requests per window; undefined before Intercom has told. */
  limit?: number
  endsAt: number
  /** The lowest figure told of what is left, which is the latest: answers overtake each other. `limit` before the first. */
  lowest: number
  told: boolean
  /** Requests of ours that may be counted in this window. */
  granted: number
  /** Of them, those whose answer is not known: each is taken to be missing in `lowest`. */
  open: number
  /** The same of the window before; what was sent then may have been counted in this one. */
  openBefore: number
  /** Whether this window has been counted from its start. Only then do we know that others spent what is missing. */
  whole: boolean
  /** When others were last seen spending; 0 = never. */
  othersSeenAt: number
  blockedUntil: number
  members: Record<string, Member>
  /** Requests sent under an own limit, by that limit per minute. */
  ceilings: Record<string, SentLately>
}

/** What has become of leave that was given, told late and for several requests at once. */
export interface Report {
  member: string
  /** Window -> requests answered, failed or given up. */
  ended: Map<number, number>
  /** Window -> the answers among them, by what they told. */
  answered: Map<number, Answered[]>
  /** Window -> leave not used. */
  unused: Map<number, number>
  /** The lowest figure of the latest window told of. */
  figures?: Figures | undefined
  blockedUntil: number
}

export interface Figures {
  limit: number
  remaining: number
  endsAt: number
  /** Answers that told of this window. */
  answers: number
}

/** Answers that told of one window of Intercom's. */
export interface Answered {
  endsAt: number
  count: number
  /** Those refused because nothing was left, which took nothing. */
  refused: number
}

export const WINDOW_MS = 10_000
/** The longest that a refusal may ask to wait. */
export const LONGEST_BLOCK_MS = 60_000
/** Members know Intercom's time to about a second; further apart, one of them goes by another clock. */
const CLOCK_ERROR_MS = 3000
/** After that, no request of the window before is still on its way to Intercom. */
const LATE_MS = 2000
/** So long the reserve is kept after others were last seen: whoever spends little shows in few windows only. */
const OTHERS_REMEMBERED_MS = 6 * WINDOW_MS
/** Before a time this low a clock counts from its own start: nobody had heard of Intercom's yet. */
const EARLIEST_DATE_MS = 1e11

/** The ledger at `now`: a new one, or the one given in the window that holds `now`. */
export function ledgerAt(given: TokenLedger | undefined, now: number): TokenLedger {
  const ledger = given ?? emptyLedger(now)
  const isUndated = ledger.at < EARLIEST_DATE_MS && now >= EARLIEST_DATE_MS
  const isAhead = ledger.at > now + WINDOW_MS + CLOCK_ERROR_MS
  if (isUndated || isAhead) shift(ledger, now - ledger.at)
  // Somebody goes by a clock that is ahead: what is left of a window that began by it nobody knows.
  if (isAhead && ledger.limit !== undefined) openWindow(ledger, now + WINDOW_MS, false)
  bringBack(ledger, now)
  ledger.at = now
  if (ledger.limit !== undefined && now >= ledger.endsAt) {
    const passed = Math.floor((now - ledger.endsAt) / WINDOW_MS) + 1
    openWindow(ledger, ledger.endsAt + passed * WINDOW_MS, passed === 1)
  }
  return ledger
}

/**
 * No window ends later than a window from now, and no refusal asks for more than a minute: what is told of later times
 * was written by a clock that was ahead. Nobody waits for it longer than for a window.
 */
function bringBack(ledger: TokenLedger, now: number): void {
  if (ledger.endsAt > now + WINDOW_MS + CLOCK_ERROR_MS) ledger.endsAt = now + WINDOW_MS
  if (ledger.blockedUntil > now + LONGEST_BLOCK_MS + CLOCK_ERROR_MS) ledger.blockedUntil = now + WINDOW_MS
}

/** Takes in what has become of requests, and what Intercom said meanwhile. */
export function learn(ledger: TokenLedger, { member, ended, answered, unused, figures, blockedUntil }: Report): void {
  for (const [window, count] of ended) close(ledger, window, count)
  for (const [window, told] of answered) for (const answers of told) learnPlace(ledger, window, answers)
  for (const [window, count] of unused) {
    close(ledger, window, count)
    if (window === ledger.window || window === ledger.window - 1) takeBack(ledger, count)
    const own = window === ledger.window ? ledger.members[member] : undefined
    if (own) own.granted = Math.max(0, own.granted - count)
  }
  if (figures) learnFigures(ledger, figures)
  if (othersSpend(ledger)) ledger.othersSeenAt = ledger.at
  ledger.blockedUntil = Math.max(ledger.blockedUntil, blockedUntil)
}

/** Takes out of the window what turns out to be counted in the one before, or not at all. */
function learnPlace(ledger: TokenLedger, window: number, { endsAt, count, refused }: Answered): void {
  const earlier = endsAt < ledger.endsAt - WINDOW_MS / 2
  if (window === ledger.window - 1 && earlier) takeBack(ledger, count)
  else if (!earlier && (window === ledger.window || window === ledger.window - 1)) takeBack(ledger, refused)
}

function takeBack(ledger: TokenLedger, count: number): void {
  ledger.granted = Math.max(0, ledger.granted - count)
}

/** More is missing than all of ours together can have taken. */
function othersSpend({ limit, lowest, told, whole, granted }: TokenLedger): boolean {
  return whole && told && limit !== undefined && limit - lowest > granted
}

function learnFigures(ledger: TokenLedger, { limit, remaining, endsAt, answers }: Figures): void {
  const isNew = ledger.limit === undefined || endsAt > ledger.endsAt + WINDOW_MS / 2
  // An answer that comes late says nothing of the window we are in.
  if (!isNew && ledger.told && endsAt < ledger.endsAt - WINDOW_MS / 2) return
  if (isNew) {
    openWindow(ledger, endsAt, ledger.limit !== undefined && endsAt < ledger.endsAt + 1.5 * WINDOW_MS)
    ledger.granted += answers
  }
  if (ledger.told && remaining >= ledger.lowest) return
  // A limit that has changed says nothing of who spent.
  if (limit !== ledger.limit) ledger.whole = false
  Object.assign(ledger, { limit, endsAt, lowest: remaining, told: true })
}

/** A new window starts full, and is believed until an answer says otherwise. */
function openWindow(ledger: TokenLedger, endsAt: number, follows: boolean): void {
  ledger.members = nextMembers(ledger.members, ledger.window)
  ledger.window++
  ledger.endsAt = endsAt
  ledger.lowest = ledger.limit ?? 0
  ledger.told = false
  ledger.openBefore = follows || ledger.limit === undefined ? ledger.open : 0
  ledger.granted = ledger.openBefore
  ledger.open = 0
  ledger.whole = ledger.limit !== undefined
}

function close(ledger: TokenLedger, window: number, count: number): void {
  if (window === ledger.window) ledger.open = Math.max(0, ledger.open - count)
  if (window === ledger.window - 1) ledger.openBefore = Math.max(0, ledger.openBefore - count)
}

/** What a member can have of the window, now and at best. */
export interface Room {
  /** Requests that may be sent now. */
  now: number
  /** Whether more may become free any moment: by answers on their way, or what is kept for other members. */
  mayGrow: boolean
  /** Ms until more is free whatever the answers say. */
  opensInMs: number
}

/**
 * Others than our members show only in what they take. So their reserve stays untouched until the last part of every
 * window, when an answer tells whether they have taken of it, and to the end once they have been seen.
 *
 * @param reserve share of the limit left to others while they are seen spending
 */
export function roomOf(ledger: TokenLedger, member: string, reserve: number): Room {
  const { limit, lowest, endsAt, at, othersSeenAt } = ledger
  if (limit === undefined) return { now: Number.POSITIVE_INFINITY, mayGrow: false, opensInMs: 0 }
  const leftMs = endsAt - at
  const othersSeen = othersSeenAt > 0 && at - othersSeenAt < OTHERS_REMEMBERED_MS
  const kept = othersSeen || leftMs > OPEN_TO_ALL_MS ? Math.floor(limit * reserve) : 0
  const late = leftMs > WINDOW_MS - LATE_MS ? ledger.openBefore : 0
  const free = lowest - kept - ledger.open - late
  const forMembers = fairReserve(ledger.members, member, ledger.window, limit - kept, leftMs)
  const opensLate = kept > 0 && !othersSeen && lowest > 0
  return {
    now: free - forMembers,
    mayGrow: lowest > kept,
    opensInMs: opensLate ? leftMs - OPEN_TO_ALL_MS : leftMs,
  }
}

function emptyLedger(at: number): TokenLedger {
  const counts = { window: 0, endsAt: 0, lowest: 0, granted: 0, open: 0, openBefore: 0, othersSeenAt: 0 }
  return { at, told: false, whole: false, ...counts, blockedUntil: 0, members: {}, ceilings: {} }
}

/** Puts the times of a ledger on another clock: Intercom's for somebody's own, or the one that is gone by for one that was ahead. */
function shift(ledger: TokenLedger, ms: number): void {
  ledger.endsAt += ms
  ledger.blockedUntil += ms
  if (ledger.othersSeenAt > 0) ledger.othersSeenAt += ms
  for (const sent of Object.values(ledger.ceilings)) for (const entry of sent) entry[0] += ms
}
