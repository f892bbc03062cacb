import { createRandom } from '../../simulator/random.ts'
import { readIntegers, runWithTeardown } from '../support/long-run.ts'
import { writeEvidence } from './evidence.ts'
import { faultNames } from './faults.ts'
import { measureRecovery } from './recovery.ts'

const usage = 'npm run recovery -- [--times N] [--pauses N] [--seed S]\n'

/** A run of fewer faults of each kind is a look, not evidence. */
const fewestForEvidence = 10

async function main(): Promise<void> {
  const options = readIntegers(usage, { times: 20, pauses: 120, seed: 1 })
  if (!options) return
  const { times, pauses, seed } = options
  const began = performance.now()
  const result = await runWithTeardown((t) =>
    measureRecovery(t, {
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
    }),
  )
  const minutes = (performance.now() - began) / 60_000
  const command = `npm run recovery -- --times ${times} --pauses ${pauses} --seed ${seed}`
  if (Math.max(times, pauses) >= fewestForEvidence && (times === 0 || times >= fewestForEvidence))
    await writeEvidence(result, { command, seed, minutes })
  for (const fault of faultNames) process.stdout.write(`${fault}: ${result.silences[fault].join(', ')}\n`)
  process.stdout.write(`${result.faults.join('\n')}\n`)
  process.exitCode = result.faults.length === 0 ? 0 : 1
}

await main()
