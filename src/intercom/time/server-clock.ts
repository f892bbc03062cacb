import type { Clock } from '../../clock.ts'
import { type ClockEvidence, describeDisagreement } from './clock-disagreement.ts'
import {
  type DatedAnswer,
  lowestOffset,
  type Offset,
  offsetOfDate,
  offsetOfMachine,
  offsetOfReset,
} from './time-evidence.ts'

/** A moment of this process, and its time on Intercom's clock. */
export interface Moment {
  /**
   * Unix seconds: the lowest time that the evidence has allowed so far. Later evidence may lower it, but never raise
   * it: a time that is too early costs reading again, but a time that is too late costs records.
   */
  seconds(): number
}

/**
 * Intercom's time. Any single clock can be wrong, once or always: that of one of Intercom's servers, a proxy's, the
 * machine's. So all cursors and windows use the lowest time that the evidence allows.
 */
export interface ServerClock {
  /** Learns what an answer says about the time. The answer must be Intercom's own, and must have just come. */
  learn(answer: DatedAnswer): void
  /** Whether there is any evidence: a machine whose clock was never set has none before the first answer. */
  isKnown(): boolean
  /** Ms since the epoch, not later than the truth if any of the clocks is right. */
  lowestMs(): number
  /** Ms since the epoch by the clock that is furthest ahead. */
  highestMs(): number
  /**
   * Ms since the epoch as Intercom's rate limit most likely sees it. For waits, where too early is as wrong as too late.
   *
   * @param resetSeconds the end of the window under way by the latest answer; absurd where no clock is near it
   */
  likelyMs(resetSeconds: number | undefined): number
  /** This moment on Intercom's clock. @param notAfter another upper bound, Unix seconds */
  moment(notAfter?: number): Moment
  /** A message for people when clocks contradict each other; undefined while they agree. */
  disagreement(): string | undefined
}

/** How many of the latest answers, and of the latest looks at the machine's clock, count. */
const MOST_KEPT = 32
/** How far a reset can lie ahead of its answer, with a second for rounding on each side, ms. */
const RESET_AHEAD = { least: -1000, most: 11_000 }

export function createServerClock(clock: Clock): ServerClock {
  const dates: Offset[] = []
  const resets: Offset[] = []
  /** The times that the machine's clock showed when answers came. It may jump in between. */
  const looks: Offset[] = []
  const moments: { at: number; lowest: number }[] = []
  let likely: number | undefined
  let told: string | undefined

  const machine = (): number => clock.now() - clock.monotonic()
  const evidence = (): ClockEvidence => {
    const look = offsetOfMachine(clock.now(), clock.monotonic())
    return { dates, machine: look ? [...looks, look] : looks, resets }
  }
  const lowestKnown = (): number | undefined => {
    const { dates, machine: seen, resets } = evidence()
    return lowestOffset([dates, seen, resets])
  }
  const lowest = (): number => lowestKnown() ?? machine()
  const highest = (): number => {
    const all = Object.values(evidence()).flat()
    return all.length === 0 ? machine() : Math.max(...all.map(({ from }) => from))
  }

  function lower(): void {
    const offset = lowest()
    for (const moment of moments) moment.lowest = Math.min(moment.lowest, moment.at + offset)
  }

  return {
    learn(answer) {
      keep(dates, offsetOfDate(answer))
      keep(resets, offsetOfReset(answer))
      keep(looks, offsetOfMachine(clock.now(), clock.monotonic()))
      lower()
      told ??= describeDisagreement(evidence(), clock.monotonic(), lowest())
    },
    isKnown: () => lowestKnown() !== undefined,
    lowestMs: () => clock.monotonic() + lowest(),
    highestMs: () => clock.monotonic() + highest(),
    likelyMs(resetSeconds) {
      const now = clock.monotonic()
      if (resetSeconds !== undefined) {
        const fits = ({ from }: Offset) => isBetween(resetSeconds * 1000 - (now + from), RESET_AHEAD)
        const look = offsetOfMachine(clock.now(), now)
        // If an answer was long on its way, its reset fits no clock. Then the time that fitted before still does.
        likely = lowestOffset([dates.filter(fits), look && fits(look) ? [look] : []]) ?? likely
      }
      return now + (likely ?? lowestOffset([dates]) ?? lowest())
    },
    moment(notAfter = Number.POSITIVE_INFINITY) {
      const at = clock.monotonic()
      const moment = { at, lowest: Math.min(at + lowest(), notAfter * 1000) }
      moments.push(moment)
      return {
        seconds() {
          // The machine's clock may have jumped since the last answer.
          lower()
          return Math.floor(moment.lowest / 1000)
        },
      }
    },
    disagreement: () => told,
  }
}

function keep(offsets: Offset[], offset: Offset | undefined): void {
  if (offset) offsets.push(offset)
  if (offsets.length > MOST_KEPT) offsets.shift()
}

function isBetween(ms: number, { least, most }: { least: number; most: number }): boolean {
  return ms >= least && ms <= most
}
