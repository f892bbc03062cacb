import { writeFile } from 'node:fs/promises'
import { dayAndMachine, told } from '../support/evidence.ts'
import type { KillResult } from './kills.ts'

/** Writes docs/evidence/planning-kills.md. @param command as it was given */
export async function writeEvidence(
  result: KillResult,
  { command, seed, minutes }: { command: string; seed: number; minutes: number },
): Promise<void> {
  const { faults, kills, jobs, attempts, records, firstPages, repeatedPages } = result
  const outcome = faults.length === 0 ? `0 of ${jobs} jobs failed, what they delivered is the truth` : faults.join('; ')
  const lines = [
    '# Workers killed while walks are planned',
    '',
    'Worker processes are killed (SIGKILL) while a search is being cut into slices: a workspace of contacts that were',
    'updated within one minute, thirteen years after the first of them, so that part after part is divided. Intercom takes 300',
    'and 900 ms an answer in turn. Between two kills at least one answer has been saved; how many requests more arrive or',
    'are answered before the kill is drawn, none to five. Once the plan of a job stands it runs to its end, and what it',
    'delivered is held against what the simulator knows to be true.',
    '',
    `- Command: \`${command}\``,
    `- Seed: ${seed}`,
    ...dayAndMachine(),
    `- Result: ${outcome}, in ${Math.ceil(minutes)} minutes`,
    '',
    '| What | Total |',
    '| --- | --- |',
    `| Kills | ${told(kills)} |`,
    `| Jobs | ${told(jobs)} |`,
    `| Attempts | ${told(attempts)} |`,
    `| Records delivered | ${told(records)} |`,
    `| First pages asked for | ${told(firstPages)} |`,
    `| Of them asked again in the same job, as they were under way when a worker was killed | ${told(repeatedPages)} |`,
  ]
  await writeFile('docs/evidence/planning-kills.md', `${lines.join('\n')}\n`)
}
