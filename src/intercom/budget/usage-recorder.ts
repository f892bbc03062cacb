import type { Clock } from '../../clock.ts'
import type { Outcome } from './outcome.ts'
import { type Figures, LONGEST_BLOCK_MS, type Report, WINDOW_MS } from './usage/token-usage.ts'

/** A reset ends a window: it lies no further ahead than that, but for a second of rounding. */
const FURTHEST_RESET_MS = WINDOW_MS + 1000
/** After a refusal that names a time already past. */
const SHORTEST_WAIT_MS = 1000
const SPREAD_MS = 50

/** What a budget has heard and not yet told its store, and the time it goes by. */
export interface News {
  /** Takes in how a request ended that was given leave in a window. */
  ended(window: number, outcome: Outcome): void
  /** Leave that was not used. */
  unused(window: number, count: number): void
  any(): boolean
  /** The news, without taking them. */
  peek(): Report
  take(): Report
  /** Ms on Intercom's clock; before Intercom has told, at least what others knew. */
  timeAt(known: number | undefined): number
}

export function createNews({ clock, random, member }: { clock: Clock; random: () => number; member: string }): News {
  const empty = (): Report => ({ member, ended: new Map(), answered: new Map(), unused: new Map(), blockedUntil: 0 })
  // Its times are ms of the monotonic clock: what is known of Intercom's may change until they are told.
  let report = empty()
  // Until Intercom's time is known the clock counts from its own start.
  let offset = -clock.monotonic()
  let dated = false
  const now = () => clock.monotonic() + offset

  return {
    ended(window, outcome) {
      report.ended.set(window, (report.ended.get(window) ?? 0) + 1)
      if (outcome.serverNowMs !== undefined) {
        offset = outcome.serverNowMs - clock.monotonic()
        dated = true
      }
      const figures = figuresOf(outcome, clock.monotonic())
      report.figures = latest(report.figures, figures)
      if (figures) place(report.answered, window, figures, outcome)
      if (outcome.kind !== 'rate_limited') return
      const wait = waitOf(outcome) + random() * SPREAD_MS
      report.blockedUntil = Math.max(report.blockedUntil, clock.monotonic() + wait)
    },
    unused: (window, count) => void report.unused.set(window, (report.unused.get(window) ?? 0) + count),
    any: () => report.ended.size > 0 || report.unused.size > 0,
    peek: () => onIntercomsClock(report, offset),
    take() {
      const taken = onIntercomsClock(report, offset)
      report = empty()
      return taken
    },
    timeAt(known = 0) {
      if (!dated && known > now()) offset = known - clock.monotonic()
      return now()
    },
  }
}

/** The report with its times, which are ms of the monotonic clock, on Intercom's. */
function onIntercomsClock({ figures, answered, blockedUntil, ...counts }: Report, offset: number): Report {
  return {
    ...counts,
    answered: new Map(
      [...answered].map(([window, told]) => [
        window,
        told.map((answers) => ({ ...answers, endsAt: Math.round(answers.endsAt + offset) })),
      ]),
    ),
    figures: figures && { ...figures, endsAt: Math.round(figures.endsAt + offset) },
    blockedUntil: blockedUntil > 0 ? blockedUntil + offset : 0,
  }
}

/** How long a refusal is to be waited for, ms. */
function waitOf({ retryAfterMs, msToReset }: Outcome): number {
  const told =
    retryAfterMs === undefined
      ? Math.min(msToReset ?? WINDOW_MS, FURTHEST_RESET_MS)
      : Math.min(retryAfterMs, LONGEST_BLOCK_MS)
  return told > 0 ? told : SHORTEST_WAIT_MS
}

/** The figures of a window that has ended say nothing of the one we are in. */
function figuresOf({ limit, remaining, msToReset }: Outcome, now: number): Figures | undefined {
  if (limit === undefined || remaining === undefined || msToReset === undefined || msToReset <= 0) return undefined
  return { limit, remaining, endsAt: now + Math.min(msToReset, FURTHEST_RESET_MS), answers: 1 }
}

/** Counts an answer with those that told of the same window. */
function place(answered: Report['answered'], window: number, { endsAt, remaining }: Figures, { kind }: Outcome): void {
  const told = answered.get(window) ?? []
  let answers = told.find((known) => Math.abs(known.endsAt - endsAt) < WINDOW_MS / 2)
  if (!answers) {
    answers = { endsAt, count: 0, refused: 0 }
    told.push(answers)
    answered.set(window, told)
  }
  answers.count++
  if (kind === 'rate_limited' && remaining === 0) answers.refused++
}

function latest(held: Figures | undefined, told: Figures | undefined): Figures | undefined {
  if (!held || !told) return told ?? held
  if (Math.abs(held.endsAt - told.endsAt) > WINDOW_MS / 2) return told.endsAt > held.endsAt ? told : held
  const lower = told.remaining < held.remaining ? told : held
  return { ...lower, answers: held.answers + told.answers }
}
