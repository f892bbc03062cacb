import { parseArgs } from 'node:util'
import { runWithTeardown } from '../support/long-run.ts'
import { writeEvidence } from './evidence.ts'
import { runHistories } from './histories.ts'

const usage = 'npm run model-histories -- [--histories N] [--commands N] [--seed S] [--path P] [--replay R]\n'

/** A run of fewer histories is a look, not evidence. */
const fewestForEvidence = 300
/** Told every so many histories. */
const news = 10

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      histories: { type: 'string', default: '300' },
      commands: { type: 'string', default: '40' },
      seed: { type: 'string', default: '1' },
      path: { type: 'string' },
      replay: { type: 'string' },
      help: { type: 'boolean', default: false },
    },
  })
  const [count, mostCommands, seed] = [Number(values.histories), Number(values.commands), Number(values.seed)]
  if (values.help || ![count, mostCommands, seed].every(Number.isInteger)) {
    process.stdout.write(usage)
    return
  }
  const began = performance.now()
  const run = await runWithTeardown((t) =>
    runHistories(t, {
      count,
      mostCommands,
      seed,
      path: values.path,
      replayPath: values.replay,
      patienceMs: 300_000,
      done: ({ histories, commands }) => {
        if (histories % news === 0) process.stdout.write(`${histories} histories, ${commands} commands\n`)
      },
    }),
  )
  const minutes = (performance.now() - began) / 60_000
  process.stdout.write(`${JSON.stringify(run.totals)} in ${minutes.toFixed(1)} minutes\n`)
  const command = `npm run model-histories -- --histories ${count} --commands ${mostCommands} --seed ${seed}`
  if (run.totals.histories >= fewestForEvidence) await writeEvidence(run, command, minutes)
  if (!run.counterexample) return
  process.stdout.write(`${JSON.stringify(run.counterexample, null, 2)}\n`)
  process.exitCode = 1
}

await main()
