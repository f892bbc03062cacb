/** What can be wrong with a message log. */
export type FaultKind =
  | 'invalid_line'
  | 'cut_line'
  | 'status_order'
  | 'outside_sync'
  | 'state_missing'
  | 'uncovered_records'
  | 'record_count'
  | 'decimal_point'
  | 'time_backwards'
  | 'stream_missing'
  | 'missing'
  | 'unexpected'
  | 'stale'
  | 'duplicate'
  | 'wrong_parent'

/** All faults of one kind in one stream. */
export interface FaultGroup {
  kind: FaultKind
  /** `null` when a line belongs to no stream. */
  stream: string | null
  count: number
  /** The first few, in words. */
  examples: string[]
}

export interface StreamReport {
  records: number
  states: number
  /** Records whose text is the same as an earlier sync, with the same ledger, had delivered last. */
  repeated: number
  /** Hex SHA-256 of the sorted lines `id sha256`, the last delivered version of each record. */
  setHash: string
  /** The same hash over everything that had to be delivered; absent without a truth. */
  truthHash?: string
}

export interface Report {
  /** Whether nothing is wrong. */
  ok: boolean
  lines: number
  faults: FaultGroup[]
  streams: Record<string, StreamReport>
}

const examplesKept = 5

/** Counts faults and keeps the first examples of each kind and stream. */
export class FaultList {
  readonly #groups = new Map<string, FaultGroup>()

  add(kind: FaultKind, stream: string | null, example: string): void {
    const name = `${kind} ${stream}`
    const group = this.#groups.get(name) ?? { kind, stream, count: 0, examples: [] }
    group.count++
    if (group.examples.length < examplesKept) group.examples.push(example)
    this.#groups.set(name, group)
  }

  get groups(): FaultGroup[] {
    return [...this.#groups.values()]
  }
}

/** A report as text for people, one fact per line. */
export function formatReport(report: Report): string {
  const streams = Object.entries(report.streams).map(
    ([name, { records, states, setHash, truthHash }]) =>
      `${name}: ${records} records, ${states} states, set ${setHash.slice(0, 16)}` +
      (truthHash === undefined ? '' : `, truth ${truthHash.slice(0, 16)}`),
  )
  const faults = report.faults.flatMap(({ kind, stream, count, examples }) => [
    `FAULT ${kind}${stream === null ? '' : ` in ${stream}`}: ${count}`,
    ...examples.map((example) => `  ${example}`),
    ...(count > examples.length ? [`  and ${count - examples.length} more`] : []),
  ])
  return [`${report.lines} lines`, ...streams, ...faults, report.ok ? 'OK' : 'NOT OK', ''].join('\n')
}
