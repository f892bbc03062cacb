import type { Simulator } from '../../simulator/app.ts'
import { checkMessages } from '../../simulator/oracle/check-messages.ts'
import type { FaultKind } from '../../simulator/oracle/report.ts'

/** A record that changes while it is read may come again, or with the next job. */
const fitsChanges: ReadonlySet<FaultKind> = new Set(['missing', 'stale'])
/** Two logs one after the other are no log. */
const wrongInUnion: ReadonlySet<FaultKind> = new Set(['missing', 'stale', 'unexpected'])

/** One job's whole log: nothing twice, nothing that there never was; nothing missing either, when nothing has changed. */
export async function faultsOfLog(
  lines: readonly string[],
  simulator: Simulator,
  { streams, hasChanged }: { streams: readonly string[]; hasChanged: boolean },
): Promise<string[]> {
  return faultsOf(lines, simulator, streams, (kind) => !hasChanged || !fitsChanges.has(kind))
}

/** What a client holds of several jobs together is the truth. */
export async function faultsOfUnion(
  lines: readonly string[],
  simulator: Simulator,
  streams: readonly string[],
): Promise<string[]> {
  const records = lines.filter((line) => line.startsWith('{"type":"RECORD"'))
  return faultsOf(records.toSorted(byTime), simulator, streams, (kind) => wrongInUnion.has(kind))
}

const timeOf = (line: string): number => (JSON.parse(line) as { record: { emitted_at: number } }).record.emitted_at
const byTime = (one: string, other: string): number => timeOf(one) - timeOf(other)

async function faultsOf(
  lines: readonly string[],
  simulator: Simulator,
  streams: readonly string[],
  isWrong: (kind: FaultKind) => boolean,
): Promise<string[]> {
  const messages = Buffer.from(lines.map((line) => `${line}\n`).join(''))
  const report = await checkMessages([messages], simulator.workspace.truth({ streams }), {
    expectStreams: [...streams],
  })
  return report.faults
    .filter(({ kind }) => isWrong(kind))
    .map(({ kind, stream, count, examples }) => `${kind} in ${stream}, ${count}: ${examples[0]}`)
}
