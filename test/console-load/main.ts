import { readIntegers, runWithTeardown } from '../support/long-run.ts'
import { type ConsoleLoad, isGood, writeEvidence } from './evidence.ts'
import { measureConsole } from './measure.ts'

const usage = 'npm run console-load -- [--rows N] [--rate ROWS_PER_SECOND] [--seconds N] [--runs N]\n'
const usual = { rows: 1_000_000, rate: 5000, seconds: 20, runs: 3 }

async function main(): Promise<void> {
  const plan = readIntegers(usage, usual)
  if (!plan) return
  const load: ConsoleLoad = { plan, figures: await runWithTeardown((t) => measureConsole(t, plan)) }
  process.stdout.write(`${JSON.stringify(load.figures)}\n`)
  // Less is a look, not evidence.
  if (plan.rows >= usual.rows && plan.rate >= usual.rate) await writeEvidence(load)
  process.exitCode = isGood(load) ? 0 : 1
}

await main()
