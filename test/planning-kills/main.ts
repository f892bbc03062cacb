import { parseArgs } from 'node:util'
import { writeEvidence } from './evidence.ts'
import { killWhilePlanning } from './kills.ts'

const usage = 'npm run planning-kills -- [--kills N] [--seed S]\n'

/** A run of fewer kills is a look, not evidence. */
const fewestForEvidence = 60

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      kills: { type: 'string', default: '60' },
      seed: { type: 'string', default: '1' },
      help: { type: 'boolean', default: false },
    },
  })
  const kills = Number(values.kills)
  const seed = Number(values.seed)
  if (values.help || !Number.isInteger(kills) || !Number.isInteger(seed)) {
    process.stdout.write(usage)
    return
  }
  const closers: (() => unknown)[] = []
  const began = performance.now()
  try {
    const result = await killWhilePlanning(
      { teardown: (close) => closers.unshift(close) },
      { kills, latenciesMs: [300, 900], seed, tell: (news) => process.stdout.write(`${news}\n`) },
    )
    const minutes = (performance.now() - began) / 60_000
    const command = `npm run planning-kills -- --kills ${kills} --seed ${seed}`
    if (kills >= fewestForEvidence) await writeEvidence(result, { command, seed, minutes })
    process.stdout.write(`${JSON.stringify(result)} in ${minutes.toFixed(1)} minutes\n`)
    process.exitCode = result.faults.length === 0 ? 0 : 1
  } finally {
    for (const close of closers) await close()
  }
}

await main()
