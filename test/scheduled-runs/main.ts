import { writeFile } from 'node:fs/promises'
import { loadavg } from 'node:os'
import { dayAndMachine, told } from '../support/evidence.ts'
import { readIntegers, runWithTeardown } from '../support/long-run.ts'
import { runSchedules, type ScheduledRunsResult } from './run.ts'

const usage = 'npm run scheduled-runs -- [--due N] [--seed S]\n'

/** A run of fewer due times is a look, not evidence. */
const fewestForEvidence = 300

async function main(): Promise<void> {
  const options = readIntegers(usage, { due: 300, seed: 1 })
  if (!options) return
  const { due: dueTimes, seed } = options
  const result = await runWithTeardown((t) =>
    runSchedules(t, {
      dueTimes,
      every: 'PT2S',
      seed,
      apis: 2,
      workers: 4,
      faultsEvery: [5000, 10_000],
      tell: (news) => process.stdout.write(`${news}\n`),
    }),
  )
  const command = `npm run scheduled-runs -- --due ${dueTimes} --seed ${seed}`
  if (dueTimes >= fewestForEvidence) await writeEvidence(result, command)
  process.stdout.write(`${result.faults.join('\n') || 'each due time once'}\n`)
  process.exitCode = result.faults.length === 0 ? 0 : 1
}

async function writeEvidence(result: ScheduledRunsResult, command: string): Promise<void> {
  const sorted = result.lateness.toSorted((one, other) => one - other)
  const seconds = (ms = 0) => `${(ms / 1000).toFixed(2)} s`
  const lines = [
    '# Scheduled runs',
    '',
    'One connection on an interval of two seconds, on two API and four worker processes. Three things go on beside it, each',
    'whatever the others do: contacts change each 0.2 to 1 s; every five to ten seconds Redis is killed and started again',
    'up to two seconds later; every five to ten seconds a worker is killed and started again.',
    'A client reads the messages of each job and acknowledges them; until it has, the next due times are skipped.',
    'No due time has two jobs, each has one or was counted as skipped, no job holds a record twice, and after one more sync',
    'in peace what the client holds is what Intercom has.',
    '',
    `- Command: \`${command}\``,
    ...dayAndMachine(),
    `- Load of the machine over the last 15 minutes: ${loadavg()[2]?.toFixed(0)}`,
    `- Result: ${result.faults.length === 0 ? 'the law holds' : result.faults.join('; ')}`,
    '',
    '| What | |',
    '| --- | --- |',
    `| Due times | ${told(result.dueTimes)} |`,
    `| Jobs | ${told(result.jobs)} |`,
    `| Skipped, and counted | ${told(result.skipped)} |`,
    `| Redis killed and started again | ${result.redisStops} |`,
    `| Changes of contacts | ${told(result.changes)} |`,
    `| Workers killed | ${result.workersKilled} |`,
    `| Messages acknowledged | ${told(result.messages)} |`,
    `| From a due time to its job: median, longest | ${seconds(sorted[Math.floor(sorted.length / 2)])}, ${seconds(sorted.at(-1))} |`,
    '',
  ]
  await writeFile('docs/evidence/scheduled-runs.md', lines.join('\n'))
}

await main()
