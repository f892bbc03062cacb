import { readIntegers, runWithTeardown } from '../support/long-run.ts'
import { writeEvidence } from './evidence.ts'
import { killWhilePlanning } from './kills.ts'

const usage = 'npm run planning-kills -- [--kills N] [--seed S]\n'

/** A run of fewer kills is a look, not evidence. */
const fewestForEvidence = 60

async function main(): Promise<void> {
  const options = readIntegers(usage, { kills: 60, seed: 1 })
  if (!options) return
  const { kills, seed } = options
  const began = performance.now()
  const tell = (news: string) => void process.stdout.write(`${news}\n`)
  const result = await runWithTeardown((t) => killWhilePlanning(t, { kills, latenciesMs: [300, 900], seed, tell }))
  const minutes = (performance.now() - began) / 60_000
  const command = `npm run planning-kills -- --kills ${kills} --seed ${seed}`
  if (kills >= fewestForEvidence) await writeEvidence(result, { command, seed, minutes })
  process.stdout.write(`${JSON.stringify(result)} in ${minutes.toFixed(1)} minutes\n`)
  process.exitCode = result.faults.length === 0 ? 0 : 1
}

await main()
