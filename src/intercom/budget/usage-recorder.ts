import type { Clock } from '../../clock.ts'
import type { BudgetTime } from './budget-time.ts'
import type { Outcome } from './outcome.ts'
import { blockMs } from './rate-limited.ts'
import { FURTHEST_RESET_MS, WINDOW_MS } from './usage/token-usage.ts'
import type { UsageReport, WindowAnswers, WindowReading } from './usage/usage-report.ts'

/** Collects what happened to permits until it is reported to the store. */
export interface UsageRecorder {
  /** Notes how a request ended. @param window the window that its permit was granted for */
  ended(window: number, outcome: Outcome): void
  /** Notes permits given back unused. */
  unused(window: number, count: number): void
  isEmpty(): boolean
  /** Whether there is a block to report, which the others with this token should know at once. */
  isUrgent(): boolean
  /** The report so far; it still has to be delivered. */
  peek(): UsageReport
  /** The report to deliver; a new one begins. */
  take(): UsageReport
}

interface UsageRecorderOptions {
  clock: Clock
  time: BudgetTime
  random: () => number
  member: string
}

/** Times here are ms of the monotonic clock: what we know of Intercom's time may change until the report is delivered. */
interface Notes {
  ended: Map<number, number>
  answered: Map<number, WindowAnswers[]>
  failed: Map<number, number>
  unused: Map<number, number>
  reading?: WindowReading | undefined
  blockedUntil: number
}

const noNotes = (): Notes => ({
  ended: new Map(),
  answered: new Map(),
  failed: new Map(),
  unused: new Map(),
  blockedUntil: 0,
})

export function createUsageRecorder({ clock, time, random, member }: UsageRecorderOptions): UsageRecorder {
  let notes = noNotes()
  return {
    ended(window, outcome) {
      add(notes.ended, window, 1)
      if (outcome.serverNowMs !== undefined) time.learn(outcome.serverNowMs)
      const now = clock.monotonic()
      const reading = readingOf(outcome, now)
      if (reading) noteReading(notes, window, reading, outcome)
      else if (outcome.kind === 'failed') add(notes.failed, window, 1)
      if (outcome.kind === 'rate_limited')
        notes.blockedUntil = Math.max(notes.blockedUntil, now + blockMs(outcome, random))
    },
    unused: (window, count) => add(notes.unused, window, count),
    isUrgent: () => notes.blockedUntil > 0,
    isEmpty: () => notes.ended.size === 0 && notes.unused.size === 0,
    peek: () => ({ member, ...onIntercomsClock(notes, time) }),
    take() {
      const taken = notes
      notes = noNotes()
      return { member, ...onIntercomsClock(taken, time) }
    },
  }
}

function add(counts: Map<number, number>, window: number, count: number): void {
  counts.set(window, (counts.get(window) ?? 0) + count)
}

/** What the headers say about the current window. For a window that has ended, they say nothing that matters. */
function readingOf({ limit, remaining, msToReset }: Outcome, now: number): WindowReading | undefined {
  if (limit === undefined || remaining === undefined || msToReset === undefined || msToReset <= 0) return undefined
  return { limit, remaining, endsAt: now + Math.min(msToReset, FURTHEST_RESET_MS), answers: 1 }
}

function noteReading(notes: Notes, window: number, reading: WindowReading, { kind }: Outcome): void {
  notes.reading = latest(notes.reading, reading)
  const groups = notes.answered.get(window) ?? []
  notes.answered.set(window, groups)
  let answers = groups.find(({ endsAt }) => isSameWindow(endsAt, reading.endsAt))
  if (!answers) {
    answers = { endsAt: reading.endsAt, count: 0, refused: 0 }
    groups.push(answers)
  }
  answers.count++
  if (kind === 'rate_limited' && reading.remaining === 0) answers.refused++
}

/** Of two readings, the one for the later window; for the same window, the one with fewer requests remaining. */
function latest(held: WindowReading | undefined, read: WindowReading): WindowReading {
  if (!held) return read
  if (!isSameWindow(held.endsAt, read.endsAt)) return read.endsAt > held.endsAt ? read : held
  const lower = read.remaining < held.remaining ? read : held
  return { ...lower, answers: held.answers + read.answers }
}

function isSameWindow(endsAt: number, otherEndsAt: number): boolean {
  return Math.abs(endsAt - otherEndsAt) < WINDOW_MS / 2
}

/** Called for every answer where usage is kept in memory. */
function onIntercomsClock({ ended, answered, failed, unused, reading, blockedUntil }: Notes, time: BudgetTime): Notes {
  const dated = new Map<number, WindowAnswers[]>()
  for (const [window, groups] of answered)
    dated.set(
      window,
      groups.map((group) => ({ ...group, endsAt: endAtIntercom(group, time) })),
    )
  return {
    ended,
    answered: dated,
    failed,
    unused,
    reading: reading && { ...reading, endsAt: endAtIntercom(reading, time) },
    blockedUntil: blockedUntil > 0 ? time.atIntercom(blockedUntil) : 0,
  }
}

function endAtIntercom({ endsAt }: { endsAt: number }, time: BudgetTime): number {
  return Math.round(time.atIntercom(endsAt))
}
