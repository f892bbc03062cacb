import { formatCount } from '../../src/display/figures.ts'
import type { Screen } from '../../src/display/screen.ts'
import type { Progress } from './progress.ts'
import type { StreamCount, Verdict } from './verdict.ts'

/** Counts per stream, with headings. */
export function countTable(counts: readonly StreamCount[], expectedHeading: string, { paint }: Screen): string[] {
  const row = (stream: string, expected: string, delivered: string) =>
    `  ${stream.padEnd(20)}${expected.padStart(14)}${delivered.padStart(12)}`
  return [
    paint('dim', row('Stream', expectedHeading, 'Delivered')),
    ...counts.map(
      ({ stream, expected, delivered, isRight }) =>
        `${row(stream, formatCount(expected), formatCount(delivered))}   ${paint(isRight ? 'green' : 'red', isRight ? 'right' : 'WRONG')}`,
    ),
  ]
}

/** The oracle's verdict in one line; its report when something is wrong. */
export function oracleLines({ report, isRight }: Verdict, { paint }: Screen): string[] {
  const records = Object.values(report.streams).reduce((sum, stream) => sum + stream.records, 0)
  if (isRight)
    return [`  Oracle: each of ${formatCount(records)} texts is Intercom's; none missing, twice or outdated.`]
  return [
    paint('red', '  Oracle: this is not what Intercom has.'),
    ...report.faults.flatMap(({ kind, stream, count, examples }) => [
      `  ${formatCount(count)} ${kind}${stream === null ? '' : ` in ${stream}`}, such as`,
      ...examples.map((example) => `    ${example}`),
    ]),
  ]
}

/** Members worth showing, by stream. */
const shownMembers: Readonly<Record<string, readonly string[]>> = {
  contacts: ['role', 'email'],
  conversations: ['id', 'state'],
  companies: ['name', 'updated_at'],
}

const widest = 78

/** The first record of three streams, shortened to a line each. */
export function sampleLines({ samples }: Progress): string[] {
  return Object.entries(shownMembers).flatMap(([stream, members]) => {
    const line = samples.get(stream)
    if (line === undefined) return []
    const { record } = JSON.parse(line) as { record: { data: Record<string, unknown> } }
    const shown = JSON.stringify(Object.fromEntries(members.map((name) => [name, record.data[name]])))
    const text = `  ${stream.padEnd(15)}${shown.slice(0, -1)}, ...}`
    return [text.length > widest ? `${text.slice(0, widest - 3)}...` : text]
  })
}
