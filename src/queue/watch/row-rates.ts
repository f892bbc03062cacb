/** How many rows a second came of each stream lately. */
interface RowRates {
  /** @param at ms of the monotonic clock @param rows of each stream so far */
  note(at: number, rows: ReadonlyMap<string, number>): void
  /** Rows per second over the last half minute, of the streams that had some. */
  perSecond(): Record<string, number>
}

const windowMs = 30_000

interface Sample {
  at: number
  rows: ReadonlyMap<string, number>
}

/** The first note of a stream says what came before: it is no speed. */
export function createRowRates(): RowRates {
  let samples: Sample[] = []
  return {
    note(at, rows) {
      samples = [...samples.filter((sample) => sample.at >= at - windowMs), { at, rows: new Map(rows) }]
    },
    perSecond() {
      const latest = samples.at(-1)
      if (!latest) return {}
      const rates = [...latest.rows].map(([name, rows]): [string, number] => {
        const first = samples.find((sample) => sample.rows.has(name)) ?? latest
        const seconds = (latest.at - first.at) / 1000
        return [name, seconds > 0 ? toTenth((rows - (first.rows.get(name) ?? 0)) / seconds) : 0]
      })
      return Object.fromEntries(rates.filter(([, rate]) => rate > 0))
    },
  }
}

/** One digit is as exact as such a figure is. */
function toTenth(rate: number): number {
  return Math.round(rate * 10) / 10
}
