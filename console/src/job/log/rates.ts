/** How many rows of each stream had come at a time. */
export interface Sample {
  /** ms, of a clock that only goes forward */
  time: number
  rows: Record<string, number>
}

/** The span over which rates are taken, ms: long enough to be calm, short enough to show a stop. */
const spanMs = 5000

/** Rows per second of each stream over the last seconds. @param samples the latest at the end */
export function rateOf(samples: readonly Sample[]): Record<string, number> {
  const last = samples.at(-1)
  const first = samples.find(({ time }) => last !== undefined && last.time - time <= spanMs)
  if (!last || !first || last.time - first.time < 500) return {}
  const seconds = (last.time - first.time) / 1000
  return Object.fromEntries(
    Object.entries(last.rows).map(([stream, count]) => [stream, (count - (first.rows[stream] ?? 0)) / seconds]),
  )
}
