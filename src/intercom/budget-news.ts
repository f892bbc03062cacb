import type { Clock } from '../clock.ts'
import type { Outcome } from './outcome.ts'
import { type Figures, type Report, WINDOW_MS } from './token-ledger.ts'

const LONGEST_WAIT_MS = 60_000
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
      const figures = figuresOf(outcome, now())
      report.figures = latest(report.figures, figures)
      if (figures) place(report.answered, window, figures, outcome)
      if (outcome.kind !== 'rate_limited') return
      const told = outcome.retryAfterMs ?? outcome.msToReset ?? WINDOW_MS
      const wait = told > 0 ? clamp(told) : SHORTEST_WAIT_MS
      report.blockedUntil = Math.max(report.blockedUntil, now() + wait + random() * SPREAD_MS)
    },
    unused: (window, count) => void report.unused.set(window, (report.unused.get(window) ?? 0) + count),
    any: () => report.ended.size > 0 || report.unused.size > 0,
    peek: () => report,
    take() {
      const taken = report
      report = empty()
      return taken
    },
    timeAt(known = 0) {
      if (!dated && known > now()) offset = known - clock.monotonic()
      return now()
    },
  }
}

/** The figures of a window that has ended say nothing of the one we are in. */
function figuresOf({ limit, remaining, msToReset }: Outcome, now: number): Figures | undefined {
  if (limit === undefined || remaining === undefined || msToReset === undefined || msToReset <= 0) return undefined
  return { limit, remaining, endsAt: Math.round(now + clamp(msToReset)), answers: 1 }
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

const clamp = (ms: number): number => Math.min(Math.max(ms, 0), LONGEST_WAIT_MS)
