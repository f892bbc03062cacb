import type { Clock } from '../../clock.ts'
import { createAnswerTimes } from './answer-times.ts'
import type { Outcome } from './outcome.ts'
import { WINDOW_MS } from './usage/token-usage.ts'

/** How many requests are in flight, and how many may be. */
export interface Concurrency {
  isFull(): boolean
  /** Whether no request is in flight. */
  isIdle(): boolean
  /** How many requests in flight use up what the window allows, within our limits. */
  wanted(): number
  /**
   * How many lists that are read page after page, each with one request in flight, use up what the window allows. What
   * makes answers slow because there are many of them asks for no more lists.
   */
  lanes(): number
  /** How many answers of the usual size have room in the memory of this attempt. */
  withinMemory(): number
  /**
   * A request is sent. Call the returned function once, when the request has ended.
   *
   * @param kind requests of one kind take about equally long
   */
  begin(kind: string): (outcome: Outcome) => void
}

interface ConcurrencyOptions {
  clock: Clock
  /** The largest number of requests in flight. @defaultValue 512 */
  most?: number | undefined
  /** Requests per window that this attempt may send; undefined while nobody knows. */
  perWindow: () => number | undefined
  /** Bytes of answers that this attempt may hold. @defaultValue 32 MiB */
  mostBytes?: (() => number) | undefined
}

/** Enough for the first answers, which show the limit and how long an answer takes. */
const FIRST_LIMIT = 10
/** Never more, however fast the limit and however slow the answers. */
const MOST = 512
/**
 * So many times the requests in flight that use up the window at an even pace. The rest makes up for answers that come
 * unevenly, for a window that begins late, and for a latency that doubles.
 */
const MARGIN = 2
/** The same for lists, of which each holds an answer that waits to be taken, too. */
const LANE_MARGIN = 1.25
/** No process takes in more answers per ms than this: 60,000 contacts a second, 150 a page, were the most measured. */
const MOST_ANSWERS_PER_MS = 0.4
/** A failure halves the limit. Each round of answers then adds this share. */
const SHARE_PER_ROUND = 0.25
/** Bytes of answers in flight, where nobody says otherwise. */
const MOST_BYTES = 32 * 1024 * 1024
/** However little memory there is for an attempt: more would not be faster where so many jobs share a processor. */
const FEWEST_IN_MEMORY = 2
/** What an answer is taken to have until some have come: a page of contacts has a little more. */
const USUAL_BYTES = 256 * 1024
/** Answers that take so many times as long as at their best are a sign of trouble: once per window, like a failure. */
const SLOW = 4

/** docs/architecture/5-budget.md has the states. */
type Phase = 'starting' | 'recovering' | 'following'

/**
 * Follows the rate limit and the latency: by Little's law, requests in flight = rate × latency. The number grows from
 * FIRST_LIMIT towards that, twofold per round of answers, and after a failure by a quarter.
 */
export function createConcurrency({ clock, most = MOST, ...options }: ConcurrencyOptions): Concurrency {
  const { perWindow, mostBytes = () => MOST_BYTES } = options
  const times = createAnswerTimes(clock)
  let phase: Phase = 'starting'
  let limit = Math.min(FIRST_LIMIT, most)
  let inFlight = 0
  /** When the limit was last lowered. What was sent before shows nothing new. */
  let loweredAt = Number.NEGATIVE_INFINITY

  /** A few answers have room in any share, but never more than in the whole. */
  function withinMemory(): number {
    const usual = times.bytes() || USUAL_BYTES
    const bytes = Math.max(mostBytes(), Math.min(FEWEST_IN_MEMORY * usual, MOST_BYTES))
    return Math.max(1, Math.floor(bytes / usual))
  }

  function wanted(): number {
    const rate = (perWindow() ?? 0) / WINDOW_MS
    const needed = Math.ceil(MARGIN * rate * times.latencyMs())
    return Math.min(Math.max(needed, FIRST_LIMIT), withinMemory(), most, MOST)
  }

  function lanes(): number {
    const rate = Math.min((perWindow() ?? 0) / WINDOW_MS, MOST_ANSWERS_PER_MS)
    return Math.min(Math.ceil(LANE_MARGIN * rate * times.bestMs()), withinMemory(), most, MOST)
  }

  function lower(sentAt: number): void {
    if (sentAt <= loweredAt) return
    loweredAt = clock.monotonic()
    limit = Math.max(1, limit / 2)
    phase = 'recovering'
  }

  function adapt(kind: string, sentAt: number, outcome: Outcome): void {
    if (outcome.kind === 'given_up') return
    const now = clock.monotonic()
    if (outcome.kind === 'answered') times.note(kind, now - sentAt, outcome.bytes)
    const isSlow = times.slowness(kind) > SLOW && now - loweredAt >= WINDOW_MS
    if (outcome.kind !== 'answered' || isSlow) lower(sentAt)
    else {
      limit = Math.min(limit + (phase === 'recovering' ? SHARE_PER_ROUND : 1), wanted())
      if (limit === wanted()) phase = 'following'
    }
  }

  return {
    isFull: () => inFlight >= Math.min(Math.floor(limit), withinMemory()),
    isIdle: () => inFlight === 0,
    wanted,
    lanes,
    withinMemory,
    begin(kind) {
      inFlight++
      const sentAt = clock.monotonic()
      return (outcome) => {
        inFlight--
        adapt(kind, sentAt, outcome)
      }
    },
  }
}
