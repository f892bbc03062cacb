/**
 * What a piece of evidence says of the true time, as an offset: true time less the monotonic clock lies between the two,
 * ms. Everything that counts on from here needs no clock but the monotonic one.
 */
export interface Offset {
  from: number
  to: number
}

/** When a request was sent and its answer came, ms of the monotonic clock: in between the answer was written. */
export interface Exchange {
  sentAt: number
  cameAt: number
}

/** What an answer says of the time, and of itself. */
export interface DatedAnswer extends Exchange {
  date: string | undefined
  /** `X-RateLimit-Reset`: the end of a window of 10 s, Unix seconds. */
  resetSeconds: number | undefined
}

const SECOND_MS = 1000
/** The length of the windows that `X-RateLimit-Reset` tells the end of. */
const WINDOW_MS = 10_000
/** By so much a reset may be rounded, or an answer be late for its window. */
const RESET_SLACK_MS = SECOND_MS
/** Intercom was founded in 2011: a clock that shows less was never set. What lies beyond 9999 is no time either. */
const EARLIEST_MS = Date.UTC(2011, 0)
const LATEST_MS = Date.UTC(9999, 0)
/** The one form that is written today; without a zone `Date.parse` would take a time for the machine's own. */
const HTTP_DATE = /^[A-Z][a-z]{2}, \d{2} [A-Z][a-z]{2} \d{4} \d{2}:\d{2}:\d{2} GMT$/

/** Ms since the epoch; undefined for what is no date. */
export function parseHttpDate(text: string | undefined): number | undefined {
  const ms = text !== undefined && HTTP_DATE.test(text) ? Date.parse(text) : Number.NaN
  return Number.isNaN(ms) ? undefined : ms
}

/** A `Date` is cut to the second, and was written between sending and coming. */
export function offsetOfDate({ date, sentAt, cameAt }: DatedAnswer): Offset | undefined {
  const ms = parseHttpDate(date)
  return isTime(ms) ? { from: ms - cameAt, to: ms + SECOND_MS - sentAt } : undefined
}

/** The answer was written in the window that ends at the reset. */
export function offsetOfReset({ resetSeconds, sentAt, cameAt }: DatedAnswer): Offset | undefined {
  const ms = resetSeconds === undefined ? undefined : resetSeconds * 1000
  if (!isTime(ms)) return undefined
  return { from: ms - WINDOW_MS - RESET_SLACK_MS - cameAt, to: ms + RESET_SLACK_MS - sentAt }
}

/**
 * A machine's clock that is kept by others is right to a second, not to the millisecond: taken for more exact than that it
 * would leave out now one `Date` and now another.
 *
 * @param now the machine's time, ms since the epoch @param at the same moment of the monotonic clock
 */
export function offsetOfMachine(now: number, at: number): Offset | undefined {
  return isTime(now) ? { from: now - at, to: now - at + SECOND_MS } : undefined
}

function isTime(ms: number | undefined): ms is number {
  return ms !== undefined && ms >= EARLIEST_MS && ms < LATEST_MS
}

/**
 * The offset to go by so that no time is later than the truth, if any of the evidence is right: of what the earliest
 * witness allows the latest. Witnesses that are ahead are left out; among the others the most exact kind counts.
 *
 * @param kinds evidence by kind, the most exact kind first
 * @returns undefined without evidence
 */
export function lowestOffset(kinds: readonly (readonly Offset[])[]): number | undefined {
  // Asked with every answer and every state, so it makes no lists.
  let latest = Number.POSITIVE_INFINITY
  for (const offsets of kinds) for (const { to } of offsets) latest = Math.min(latest, to)
  for (const offsets of kinds) {
    let lowest = Number.NEGATIVE_INFINITY
    for (const { from } of offsets) if (from <= latest) lowest = Math.max(lowest, from)
    if (lowest > Number.NEGATIVE_INFINITY) return lowest
  }
  return undefined
}

/** By how much pieces of evidence contradict each other beyond their own uncertainty, ms; at most 0 when all may be right. */
export function contradiction(offsets: readonly Offset[]): number {
  return Math.max(...offsets.map(({ from }) => from)) - Math.min(...offsets.map(({ to }) => to))
}
