import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { loadavg, tmpdir } from 'node:os'
import { join } from 'node:path'
import { dayAndMachine, told } from '../support/evidence.ts'
import { readIntegers } from '../support/long-run.ts'
import { besideQueue, manyTenants } from './runs.ts'

const usage = `npm run fairness -- [--queued N] [--tenants N] [--seconds N]

  One small job beside N jobs of another tenant's rate-limited token, and N tenants on 2 APIs and 4 workers.
  Writes docs/evidence/fairness.md when both are of their usual size.
`
const usual = { queued: 1000, tenants: 20, seconds: 60 }
const longestWaitMs = 5000
const fewestOfShare = 0.25

async function main(): Promise<void> {
  const options = readIntegers(usage, usual)
  if (!options) return
  const { queued, tenants } = options
  const folder = await mkdtemp(join(tmpdir(), 'intercom-sync-fairness-'))
  const lines: string[] = []
  try {
    const { waitedMs, tookMs, begun } = await besideQueue(join(folder, 'queue'), queued)
    const isLate = waitedMs > longestWaitMs
    lines.push(
      `One small job beside ${told(queued)} jobs of another tenant's rate-limited token (${begun} of the first 100 had begun): begun after ${told(waitedMs)} ms, over ${told(tookMs)} ms later${isLate ? '. WRONG: too late' : ''}`,
    )
    process.stdout.write(`${lines.at(-1)}\n`)
    const { rows, seconds } = await manyTenants(join(folder, 'tenants'), tenants, options.seconds)
    const share = rows.reduce((sum, one) => sum + one, 0) / rows.length
    const slowest = (rows[0] ?? 0) / share
    lines.push(
      `${tenants} tenants on 2 APIs and 4 workers of 2 slots, one with ten times the jobs of each other: in ${seconds} s ${told(Math.round(share))} rows each on average, the slowest ${Math.round(100 * slowest)} % of that, the fastest ${Math.round((100 * (rows.at(-1) ?? 0)) / share)} %${slowest < fewestOfShare ? '. WRONG: too few' : ''}`,
    )
    process.stdout.write(`${lines.at(-1)}\n`)
    if (isLate || !(slowest >= fewestOfShare)) process.exitCode = 1
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
  if (Object.entries(usual).every(([name, value]) => options[name as keyof typeof usual] === value)) await tell(lines)
}

async function tell(lines: readonly string[]): Promise<void> {
  const text = [
    '# Fairness',
    '',
    'Whose job comes next when there are more jobs than slots.',
    '',
    '- Command: `npm run fairness`',
    ...dayAndMachine(),
    `- Load of the machine at the end: ${loadavg()[0]?.toFixed(1)} (other work ran beside it)`,
    '',
    ...lines.map((line) => `- ${line}.`),
    '',
  ]
  await writeFile('docs/evidence/fairness.md', text.join('\n'))
}

await main()
