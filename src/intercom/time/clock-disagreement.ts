import { contradiction, type Offset } from './time-evidence.ts'

/** The time that each clock has shown lately. */
export interface ClockEvidence {
  dates: readonly Offset[]
  machine: readonly Offset[]
  resets: readonly Offset[]
}

/** Smaller differences, such as a machine's clock that is corrected now and then, are not worth a message. */
const TOLERATED_MS = 20_000

const words: Record<keyof ClockEvidence, string> = {
  dates: "Intercom's Date header",
  machine: "this machine's clock",
  resets: 'X-RateLimit-Reset',
}

/**
 * A message for people when clocks contradict each other.
 *
 * @param at ms of the monotonic clock
 * @param lowest the offset that the sync uses
 * @returns undefined while they agree
 */
export function describeDisagreement(evidence: ClockEvidence, at: number, lowest: number): string | undefined {
  const ms = contradiction([evidence.dates, evidence.machine, evidence.resets])
  if (ms <= TOLERATED_MS) return undefined
  const shown = (['dates', 'resets', 'machine'] as const).flatMap((kind) => {
    const offsets = evidence[kind]
    if (offsets.length === 0) return []
    const from = Math.min(...offsets.map(({ from }) => from)) + at
    const to = Math.max(...offsets.map(({ from }) => from)) + at
    const isOne = contradiction([offsets]) <= TOLERATED_MS
    return `${words[kind]} shows ${isOne ? inWords(to) : `${inWords(from)} and ${inWords(to)}`}`
  })
  return (
    `Clocks disagree by ${lengthOf(ms)}: ${shown.join(', ')}. The sync goes by the earliest, ${inWords(lowest + at)}: ` +
    'what Intercom shows now is delivered, and the next sync reads again what has changed since then. ' +
    "Set the clock that is wrong: this machine's, or that of a proxy on the way to Intercom."
  )
}

const inWords = (ms: number): string => new Date(ms).toISOString().replace(/\.\d+/, '')

function lengthOf(ms: number): string {
  const seconds = Math.round(ms / 1000)
  if (seconds < 120) return `${seconds} s`
  const minutes = Math.round(seconds / 60)
  if (minutes < 120) return `${minutes} minutes`
  const hours = Math.round(minutes / 60)
  return hours < 48 ? `${hours} hours` : `${Math.round(hours / 24)} days`
}
