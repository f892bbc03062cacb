import type { TimeRange } from './predicate.ts'

const day = 86_400
/** Zones lie between 12 hours behind UTC and 14 hours ahead of it. */
const widestAhead = 14 * 3_600
const widestBehind = 12 * 3_600

/** Calendar days of one IANA time zone. */
export class Calendar {
  #timeZone = ''
  #format = new Intl.DateTimeFormat()
  readonly #starts = new Map<number, number>()

  /** @throws RangeError when the zone is unknown */
  constructor(timeZone: string) {
    this.moveTo(timeZone)
  }

  get timeZone(): string {
    return this.#timeZone
  }

  /** From now on the days are those of another zone. @throws RangeError when the zone is unknown */
  moveTo(timeZone: string): void {
    this.#format = new Intl.DateTimeFormat('en-US', {
      timeZone,
      calendar: 'gregory',
      year: 'numeric',
      month: '2-digit',
      day: '2-digit',
    })
    this.#timeZone = timeZone
    this.#starts.clear()
  }

  /** The calendar day of a Unix second, as Unix seconds [from, to): 23 to 25 hours, more when a zone skipped a day. */
  dayOf(second: number): TimeRange {
    const number = this.#dayNumber(second)
    return { from: this.#startOf(number), to: this.#startOf(number + 1) }
  }

  /** Days since 1970-01-01 of the local date at a Unix second. */
  #dayNumber(second: number): number {
    const parts = this.#format.formatToParts(second * 1000)
    const part = (type: string): number => Number(parts.find((other) => other.type === type)?.value)
    return Date.UTC(part('year'), part('month') - 1, part('day')) / (day * 1000)
  }

  /** The first second of a local day. Found by halving, because midnight may not exist on the day a clock jumps. */
  #startOf(number: number): number {
    const known = this.#starts.get(number)
    if (known !== undefined) return known
    let before = number * day - widestAhead - 3_600
    let reached = number * day + widestBehind + 3_600
    while (reached - before > 1) {
      const middle = Math.floor((before + reached) / 2)
      if (this.#dayNumber(middle) >= number) reached = middle
      else before = middle
    }
    this.#starts.set(number, reached)
    return reached
  }
}
