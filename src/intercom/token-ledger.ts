import type { SentLately } from './ceiling.ts'
import { fairReserve, type Member, nextMembers } from './fair-share.ts'

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
  /** Requests of others seen in this window, at least. */
  foreign: number
  foreignBefore: number
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

export const WINDOW_MS = 10_000
/** After that, no request of the window before is still on its way to Intercom. */
const LATE_MS = 2000
/** Before a time this low a clock counts from its own start: nobody had heard of Intercom's yet. */
const EARLIEST_DATE_MS = 1e11

/** The ledger at `now`: a new one, or the one given in the window that holds `now`. */
export function ledgerAt(given: TokenLedger | undefined, now: number): TokenLedger {
  const ledger = given ?? emptyLedger(now)
  if (ledger.at < EARLIEST_DATE_MS && now >= EARLIEST_DATE_MS) shift(ledger, now - ledger.at)
  ledger.at = now
  if (ledger.limit !== undefined && now >= ledger.endsAt) {
    const passed = Math.floor((now - ledger.endsAt) / WINDOW_MS) + 1
    openWindow(ledger, ledger.endsAt + passed * WINDOW_MS, passed === 1)
  }
  return ledger
}

/** Takes in what has become of requests, and what Intercom said meanwhile. */
export function learn(ledger: TokenLedger, { member, ended, unused, figures, blockedUntil }: Report): void {
  for (const [window, count] of ended) close(ledger, window, count)
  for (const [window, count] of unused) {
    close(ledger, window, count)
    if (window !== ledger.window) continue
    ledger.granted = Math.max(0, ledger.granted - count)
    const own = ledger.members[member]
    if (own) own.granted = Math.max(0, own.granted - count)
  }
  if (figures) learnFigures(ledger, figures)
  ledger.blockedUntil = Math.max(ledger.blockedUntil, blockedUntil)
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
  Object.assign(ledger, { limit, endsAt, lowest: remaining, told: true })
  ledger.foreign = Math.max(ledger.foreign, limit - remaining - ledger.granted)
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
  ledger.foreignBefore = follows ? ledger.foreign : 0
  ledger.foreign = 0
}

function close(ledger: TokenLedger, window: number, count: number): void {
  if (window === ledger.window) ledger.open = Math.max(0, ledger.open - count)
  if (window === ledger.window - 1) ledger.openBefore = Math.max(0, ledger.openBefore - count)
}

/** What a member can have of the window, now and at best. */
export interface Room {
  /** Requests that may be sent now. */
  now: number
  /** Whether more may become free before the window ends: answers on their way, or what is kept for other members. */
  mayGrow: boolean
}

/** @param reserve share of the limit left to others while they are seen spending */
export function roomOf(ledger: TokenLedger, member: string, reserve: number): Room {
  const { limit, lowest, endsAt, at } = ledger
  if (limit === undefined) return { now: Number.POSITIVE_INFINITY, mayGrow: false }
  const kept = ledger.foreign > 0 || ledger.foreignBefore > 0 ? Math.floor(limit * reserve) : 0
  const late = at < endsAt - WINDOW_MS + LATE_MS ? ledger.openBefore : 0
  const free = lowest - kept - ledger.open - late
  const forMembers = fairReserve(ledger.members, member, ledger.window, limit - kept, endsAt - at)
  return { now: free - forMembers, mayGrow: lowest > kept }
}

function emptyLedger(at: number): TokenLedger {
  const counts = { window: 0, endsAt: 0, lowest: 0, granted: 0, open: 0, openBefore: 0, foreign: 0, foreignBefore: 0 }
  return { at, told: false, ...counts, blockedUntil: 0, members: {}, ceilings: {} }
}

/** Puts the times of a ledger that was kept on somebody's own clock on Intercom's. */
function shift(ledger: TokenLedger, ms: number): void {
  ledger.endsAt += ms
  ledger.blockedUntil += ms
  for (const sent of Object.values(ledger.ceilings)) for (const entry of sent) entry[0] += ms
}
