import type { Clock } from '../../clock.ts'
import { WINDOW_MS } from './usage/token-usage.ts'

/** How long answers take, and how large they are. */
interface AnswerTimes {
  /**
   * @param kind requests of one kind take about equally long
   * @param bytes of the answer; undefined when nobody has counted them
   */
  note(kind: string, ms: number, bytes?: number): void
  /**
   * The average over all kinds as they come, ms. An answer counts as at most twice what its kind took at its best
   * lately, so a server that is overloaded gets no more.
   */
  latencyMs(): number
  /** The time of an answer of the slowest kind, at its best lately, ms; 0 before there are some. */
  bestMs(): number
  /** How many times as long as at their best lately the answers of a kind take. */
  slowness(kind: string): number
  /** The average size of an answer. */
  bytes(): number
}

/** The weight of one answer in an average. Of the answers that an average shows, most are among the last thirty. */
const WEIGHT = 1 / 16
/** Answers before which the average of a kind says nothing. */
const FEWEST = 10

export function createAnswerTimes(clock: Clock): AnswerTimes {
  const kinds = new Map<string, KindTimes>()
  const latency = createAverage()
  const size = createAverage()
  return {
    note(kind, ms, bytes) {
      const times = kinds.get(kind) ?? createKindTimes(clock)
      kinds.set(kind, times)
      times.note(ms)
      latency.add(Math.min(ms, 2 * times.best()))
      if (bytes !== undefined) size.add(bytes)
    },
    latencyMs: latency.value,
    bestMs: () => Math.max(0, ...[...kinds.values()].map((times) => times.best())),
    slowness(kind) {
      const times = kinds.get(kind)
      return times && times.best() > 0 ? times.average() / times.best() : 1
    },
    bytes: size.value,
  }
}

interface KindTimes {
  note(ms: number): void
  average(): number
  /** The lowest average of this window and of the last. */
  best(): number
}

function createKindTimes(clock: Clock): KindTimes {
  const average = createAverage()
  let since = clock.monotonic()
  let now = Number.POSITIVE_INFINITY
  let before = Number.POSITIVE_INFINITY
  const best = () => Math.min(now, before)
  return {
    note(ms) {
      average.add(ms)
      if (clock.monotonic() - since >= WINDOW_MS) {
        since = clock.monotonic()
        before = now
        now = Number.POSITIVE_INFINITY
      }
      if (average.count() >= FEWEST) now = Math.min(now, average.value())
    },
    average: average.value,
    best: () => (Number.isFinite(best()) ? best() : average.value()),
  }
}

/** An average in which the latest figures weigh most. */
function createAverage() {
  let count = 0
  let value = 0
  return {
    add(figure: number) {
      count++
      value += Math.max(WEIGHT, 1 / count) * (figure - value)
    },
    count: () => count,
    value: () => value,
  }
}
