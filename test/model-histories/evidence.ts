import { writeFile } from 'node:fs/promises'
import { loadavg } from 'node:os'
import { dayAndMachine, told } from '../support/evidence.ts'
import type { HistoriesRun } from './histories.ts'

export async function writeEvidence(
  { totals, counterexample }: HistoriesRun,
  command: string,
  minutes: number,
): Promise<void> {
  const lines = [
    '# Histories of a connection',
    '',
    'A connection on an API and a worker, each a process of its own. What is done with it is drawn: it is put and patched,',
    'scheduled, paused, refreshed and cloned; jobs are started, live or not, taken up, read from any message, acknowledged',
    'and cancelled; Intercom changes, the clocks are put forward, the encryption key is rotated, the API and the worker',
    'are killed, and Redis is started again. After each command the connection is what a model says, each due time that',
    'has passed has one job or was counted as skipped, a refresh has delivered exactly the rows of its time and moved no',
    'state, and after one more sync in peace what was acknowledged is the truth.',
    '',
    `- Command: \`${command}\``,
    ...dayAndMachine(),
    `- Load of the machine over the last 15 minutes: ${loadavg()[2]?.toFixed(0)}`,
    `- Result: ${counterexample ? counterexample.faults.join('; ') : 'the model holds'}, in ${Math.round(minutes)} minutes`,
    '',
    '| What | Total |',
    '| --- | --- |',
    `| Histories | ${told(totals.histories)} |`,
    `| Commands | ${told(totals.commands)} |`,
    `| Jobs of schedules | ${told(totals.scheduledJobs)} |`,
    `| Messages acknowledged | ${told(totals.messages)} |`,
    '',
  ]
  await writeFile('docs/evidence/model-histories.md', lines.join('\n'))
}
