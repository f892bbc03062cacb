import { writeFile } from 'node:fs/promises'
import { dayAndMachine } from '../support/evidence.ts'
import { readIntegers } from '../support/long-run.ts'
import { canBeApart } from './container.ts'
import { type UpdateResult, updateOften } from './updates.ts'

const usage = 'npm run rolling-updates -- [--rounds N] [--seed S]   (Linux, as root)\n'

/** A run of fewer rounds is a look, not evidence. */
const fewestForEvidence = 50

async function main(): Promise<void> {
  const options = readIntegers(usage, { rounds: 50, seed: 1 })
  if (!options) return
  const { rounds, seed } = options
  if (!canBeApart()) throw new Error(`this machine has no namespaces for us: ${usage}`)
  const result = await updateOften(rounds, seed, (news) => process.stdout.write(`${news}\n`))
  const command = `npm run rolling-updates -- --rounds ${rounds} --seed ${seed}`
  if (rounds >= fewestForEvidence) await writeEvidence(result, command, seed)
  process.stdout.write(`${result.faults.join('\n') || 'one owner each time'}\n`)
  process.exitCode = result.faults.length === 0 ? 0 : 1
}

async function writeEvidence({ rounds, killed, refused, gaps, faults }: UpdateResult, command: string, seed: number) {
  const sorted = gaps.toSorted((one, other) => one - other)
  const seconds = (ms = 0) => `${(ms / 1000).toFixed(1)} s`
  const lines = [
    '# Rolling updates',
    '',
    'One service with an embedded Redis is replaced by another one on the same `DATA_DIR`, each in a container of its own',
    '(`unshare`: own process ids, own temporary folder). The new one starts up to two seconds before the old one is told',
    'to end, or up to two seconds after that; a third of the old ones are killed outright. Who is refused is started again.',
    '',
    `- Command: \`${command}\``,
    `- Seed: ${seed}`,
    ...dayAndMachine(),
    `- Result: ${faults.length === 0 ? 'never two Redis servers in one folder, and no gap above 15 s' : faults.join('; ')}`,
    '',
    '| What | |',
    '| --- | --- |',
    `| Rounds | ${rounds}, ${killed} with SIGKILL |`,
    `| Starts refused | ${refused} |`,
    `| Nobody answered: median, longest | ${seconds(sorted[Math.floor(sorted.length / 2)])}, ${seconds(sorted.at(-1))} |`,
    '',
  ]
  await writeFile('docs/evidence/rolling-updates.md', lines.join('\n'))
}

await main()
