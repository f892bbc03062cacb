import { cellsNamed, type LimitCell } from './limit/cells.ts'
import { readCell } from './limit/read-cell.ts'
import { useOf } from './limit/use-of-limit.ts'

/**
 * How much of Intercom's rate limit the connector uses at the latency that Intercom has. The simulator runs in its own
 * process, and takes so many ms for every answer. A cell is one sync:
 *
 * - `used`: requests in the windows between the first and the last, of what these allow;
 * - `refused`: share of 429s;
 * - `timesIdeal`: the time from the first request to the last answer, by that of as many requests at the allowed rate;
 *   `afterFirst` is the same from the second window on;
 * - `beyond`: share of requests that would not be needed if nobody had to count or to cut.
 *
 * `--cells parts-1667-400,contacts-1667-400` chooses cells.
 */

const place = process.argv.indexOf('--cells')
const cells = cellsNamed(place === -1 ? undefined : process.argv[place + 1]?.split(','))

const rows: Record<string, unknown>[] = []
for (const cell of cells) {
  const figures = { cell: cell.name, ...(await measure(cell)) }
  rows.push(figures)
  process.stdout.write(`${JSON.stringify(figures)}\n`)
}
console.table(rows)

async function measure(cell: LimitCell): Promise<Record<string, unknown>> {
  const { requests, records, firstRecordMs, seconds } = await readCell(cell)
  const use = useOf(requests, cell)
  return {
    ...use,
    records,
    firstRecordTrips: Number((firstRecordMs / cell.latencyMs).toFixed(1)),
    recordsPerSecond: Math.round(records / seconds),
  }
}
