import { parseArgs } from 'node:util'
import { runAnswers } from './answers.ts'
import { writeEvidence } from './evidence.ts'

const usage = `npm run answers -- [--from STATUS] [--to STATUS] [--one-of N] [--seed S]

  --from, --to  tries these statuses, both included: 200 to 599
  --one-of      tries one case of so many, and all of them with the first answer of each meaning: 1
`

/** A run of fewer statuses is a look, not evidence. */
const all = { from: 200, to: 599 }

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      from: { type: 'string', default: String(all.from) },
      to: { type: 'string', default: String(all.to) },
      'one-of': { type: 'string', default: '1' },
      seed: { type: 'string', default: '1' },
      help: { type: 'boolean', default: false },
    },
  })
  const [from, to, oneOf, seed] = [values.from, values.to, values['one-of'], values.seed].map(Number)
  if (values.help || !from || !to || !oneOf || seed === undefined || Number.isNaN(seed)) {
    process.stdout.write(usage)
    return
  }
  const began = performance.now()
  const run = await runAnswers({
    statuses: Array.from({ length: to - from + 1 }, (_, place) => from + place),
    seed,
    oneOf,
    done: ({ statuses, cases, faults }) => {
      if (statuses % 10 === 0) process.stdout.write(`${statuses} statuses, ${cases} cases, ${faults.length} faults\n`)
    },
  })
  const minutes = (performance.now() - began) / 60_000
  if (from === all.from && to === all.to) {
    const command = `npm run answers -- --seed ${seed}${oneOf === 1 ? '' : ` --one-of ${oneOf}`}`
    await writeEvidence(run, { command, seed, oneOf, minutes })
  }
  for (const fault of run.faults) process.stdout.write(`${fault}\n`)
  process.stdout.write(`${run.cases} cases in ${minutes.toFixed(1)} minutes, ${run.faults.length} faults\n`)
  process.exitCode = run.faults.length === 0 ? 0 : 1
}

await main()
