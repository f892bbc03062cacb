import { writeFile } from 'node:fs/promises'
import { loadavg } from 'node:os'
import { dayAndMachine, told } from '../support/evidence.ts'
import type { StageResult } from './worker-stage.ts'

/** How often processes came to harm, and what became of their jobs. */
export interface FailpointsRun {
  workerDeaths: number
  randomKills: number
  zombies: number
  apiDeaths: number
  startDeaths: number
  jobs: StageResult
}

/** Writes docs/evidence/failpoints.md. @param command as it was given */
export async function writeEvidence(
  { workerDeaths, randomKills, zombies, apiDeaths, startDeaths, jobs }: FailpointsRun,
  { command, seed, minutes }: { command: string; seed: number; minutes: number },
): Promise<void> {
  const load = loadavg().map((one) => one.toFixed(1))
  const lines = [
    '# Processes that die or sleep at each of their steps',
    '',
    'Worker processes are killed (SIGKILL) right before and right after each step that others see: a script of Redis, a',
    'request to Intercom, each call of the disk as messages move to files. Others are frozen (SIGSTOP) there, and wake when',
    'their successor has got on with the job. APIs are killed at each of their steps, and their callers repeat the call that',
    'broke at another API. Services are killed at the steps of their start. Workers notice a dead one within a second.',
    '',
    `- Command: \`${command}\``,
    `- Seed: ${seed}`,
    ...dayAndMachine(),
    `- Load of the machine at the end, by other work too: ${load.join(', ')}`,
    `- Result: ${jobs.faults.length === 0 ? 'nothing lost, nothing twice, no step of a worker that was overtaken was made' : jobs.faults.join('; ')}, in ${Math.ceil(minutes)} minutes`,
    '',
    '| What | Times |',
    '| --- | --- |',
    `| Workers killed at a failpoint | ${workerDeaths} |`,
    `| Workers killed at random | ${randomKills} |`,
    `| Workers frozen, overtaken and woken | ${zombies} |`,
    `| APIs killed at a failpoint | ${apiDeaths} |`,
    `| Services killed while they start | ${startDeaths} |`,
    `| Jobs of the workers | ${told(jobs.jobs)} |`,
    `| Attempts at them | ${told(jobs.attempts)} |`,
    `| Records delivered | ${told(jobs.records)} |`,
  ]
  await writeFile('docs/evidence/failpoints.md', `${lines.join('\n')}\n`)
}
