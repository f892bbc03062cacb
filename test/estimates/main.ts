import { writeFile } from 'node:fs/promises'
import { dayAndMachine, told } from '../support/evidence.ts'
import { readIntegers } from '../support/long-run.ts'
import { type EstimatesRun, runEstimates } from './run-estimates.ts'

const usage = `npm run estimates -- [--runs N] [--most RECORDS] [--seed S]

  --runs  so many syncs are estimated, and then run: 300
  --most  records of the largest stream: 1500
  --seed  1
`
const evidencePath = 'docs/evidence/estimates.md'

async function main(): Promise<void> {
  const options = readIntegers(usage, { runs: 300, most: 1500, seed: 1 })
  if (!options) return
  const { runs, most, seed } = options
  const began = performance.now()
  const run = await runEstimates(runs, most, seed)
  const minutes = (performance.now() - began) / 60_000
  const command = `npm run estimates -- --runs ${runs} --most ${most} --seed ${seed}`
  const text = evidenceOf(run, command, minutes)
  // A shorter run is a look, not evidence.
  if (runs >= 100) await writeFile(evidencePath, text)
  process.stdout.write(text)
}

function evidenceOf({ syncs, figures, mostRequests }: EstimatesRun, command: string, minutes: number): string {
  const rows = (['counted', 'guessed'] as const).map((basis) => {
    const own = figures.filter((figure) => figure.basis === basis)
    const large = own.filter(({ needed }) => needed >= 10)
    const shares = large.map(({ estimated, needed }) => Math.abs(estimated - needed) / needed).toSorted((a, b) => a - b)
    const percent = (share: number) => `${((shares[Math.floor(share * (shares.length - 1))] ?? 0) * 100).toFixed(1)} %`
    return `| ${basis} | ${told(own.length)} | ${told(large.length)} | ${percent(0.5)} | ${percent(0.95)} | ${percent(1)} |`
  })
  return `# Estimates beside their syncs

Syncs of drawn workspaces, API versions, settings, states and streams are estimated, and then run against the simulator.
A figure that is \`counted\` must be within 20 % of what the sync needs, or within two.

- Command: \`${command}\`
${dayAndMachine().join('\n')}
- Result: ${told(syncs)} estimates hold, in ${minutes.toFixed(1)} minutes; none made more than ${mostRequests} requests

How far off the figures are, where the sync needs ten or more:

| Figures | All | Ten or more | Median | 95th percentile | Most |
| --- | --- | --- | --- | --- | --- |
${rows.join('\n')}
`
}

await main()
