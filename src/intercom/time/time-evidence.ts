/**
 * What a piece of evidence says about the true time: true time less the monotonic clock lies between the two, ms. With
 * such an offset, only the monotonic clock is needed from then on.
 */
export interface Offset {
  from: number
  to: number
}

/** When a request was sent and when its answer came, ms of the monotonic clock. The answer was written in between. */
export interface RequestTimes {
  sentAt: number
  cameAt: number
}

/** What an answer says about the time, and when it came. */
export interface DatedAnswer extends RequestTimes {
  date: string | undefined
  /** `X-RateLimit-Reset`: the end of a window of 10 s, Unix seconds. */
  resetSeconds: number | undefined
}

const SECOND_MS = 1000
/** The length of the windows that end at `X-RateLimit-Reset`. */
const WINDOW_MS = 10_000
/** A reset may be rounded by so much, or an answer be late for its window. */
const RESET_SLACK_MS = SECOND_MS
/**
 * Intercom was founded in 2011, so a clock that shows an earlier time was never set. A year after 9999 is not valid,
 * either.
 */
const EARLIEST_MS = Date.UTC(2011, 0)
const LATEST_MS = Date.UTC(9999, 0)
/** The one form in use today. `Date.parse` would read a time without a zone in the machine's own. */
const HTTP_DATE = /^[A-Z][a-z]{2}, \d{2} [A-Z][a-z]{2} \d{4} \d{2}:\d{2}:\d{2} GMT$/

/** Ms since the epoch; undefined when the text is not a date. */
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
 * The clock of a machine that is kept in time is right to a second, not to the millisecond. If we took it to be more
 * exact, it would rule out some `Date` now and then.
 *
 * @param now the machine's time, ms since the epoch @param at the same moment by the monotonic clock
 */
export function offsetOfMachine(now: number, at: number): Offset | undefined {
  return isTime(now) ? { from: now - at, to: now - at + SECOND_MS } : undefined
}

function isTime(ms: number | undefined): ms is number {
  return ms !== undefined && ms >= EARLIEST_MS && ms < LATEST_MS
}

/**
 * The offset by which no time is later than the truth, if any of the evidence is right: the latest that the earliest
 * piece of evidence allows. Pieces that are ahead of that are left out. Among the others the most exact kind counts.
 *
 * @param kinds evidence by kind, the most exact kind first
 * @returns undefined without evidence
 */
export function lowestOffset(kinds: readonly (readonly Offset[])[]): number | undefined {
  // Called with every answer and every state, so it builds no lists.
  let latest = Number.POSITIVE_INFINITY
  for (const offsets of kinds) for (const { to } of offsets) latest = Math.min(latest, to)
  for (const offsets of kinds) {
    let lowest = Number.NEGATIVE_INFINITY
    for (const { from } of offsets) if (from <= latest) lowest = Math.max(lowest, from)
    if (lowest > Number.NEGATIVE_INFINITY) return lowest
  }
  return undefined
}

/** How far pieces of evidence contradict each other beyond their own uncertainty, ms; 0 or less when all may be right. */
export function contradiction(kinds: readonly (readonly Offset[])[]): number {
  // Called with every answer, so it builds no lists.
  let latestFrom = Number.NEGATIVE_INFINITY
  let earliestTo = Number.POSITIVE_INFINITY
  for (const offsets of kinds)
    for (const { from, to } of offsets) {
      latestFrom = Math.max(latestFrom, from)
      earliestTo = Math.min(earliestTo, to)
    }
  return latestFrom - earliestTo
}
