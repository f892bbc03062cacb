import { parseArgs } from 'node:util'
import { createRandom } from '../../simulator/random.ts'
import { writeEvidence } from './evidence.ts'
import { faultNames } from './faults.ts'
import { measureRecovery } from './recovery.ts'

const usage = 'npm run recovery -- [--times N] [--pauses N] [--seed S]\n'

/** A run of fewer faults of each kind is a look, not evidence. */
const fewestForEvidence = 10

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      times: { type: 'string', default: '20' },
      pauses: { type: 'string', default: '120' },
      seed: { type: 'string', default: '1' },
      help: { type: 'boolean', default: false },
    },
  })
  const [times, pauses, seed] = [Number(values.times), Number(values.pauses), Number(values.seed)]
  if (values.help || ![times, pauses, seed].every(Number.isInteger)) {
    process.stdout.write(usage)
    return
  }
  const closers: (() => unknown)[] = []
  const began = performance.now()
  try {
    const result = await measureRecovery(
      { teardown: (close) => closers.unshift(close) },
      {
        times: {
          'worker-killed': times,
          'worker-replaced': times,
          'redis-killed': times,
          'redis-hung': times,
          'redis-paused': pauses,
        },
        contacts: 60_000,
        random: createRandom(seed),
        tell: (news) => process.stdout.write(`${news}\n`),
      },
    )
    const minutes = (performance.now() - began) / 60_000
    const command = `npm run recovery -- --times ${times} --pauses ${pauses} --seed ${seed}`
    if (times >= fewestForEvidence) await writeEvidence(result, { command, seed, minutes })
    for (const fault of faultNames) process.stdout.write(`${fault}: ${result.silences[fault].join(', ')}\n`)
    process.stdout.write(`${result.faults.join('\n')}\n`)
    process.exitCode = result.faults.length === 0 ? 0 : 1
  } finally {
    for (const close of closers) await close()
  }
}

await main()
