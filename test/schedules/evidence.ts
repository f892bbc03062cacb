import { writeFile } from 'node:fs/promises'
import { dayAndMachine } from '../support/evidence.ts'
import type { SchedulesRun } from './schedules.ts'

export async function writeEvidence(run: SchedulesRun, command: string, minutes: number): Promise<void> {
  const { totals, counterexample } = run
  const lines = [
    '# Schedules',
    '',
    'Two clients, two bridges and one connection on one service, with random schedules: jobs are started live, detached,',
    'joined and repeated, read, acknowledged, forgotten and cancelled; bridges are killed, stopped and started again;',
    'the workspaces change; the service is killed or replaced, and Redis is started again, or comes back as it was at any',
    'earlier moment (a replica that takes over and lags behind is no other case). Services die at drawn failpoints, are',
    'frozen, or have their connections to Redis and Intercom cut, reset, half closed, stalled and delayed at drawn bytes.',
    'Long logs continue in files: their disk is full for a while, and files of theirs are cut, changed in a byte and removed,',
    'which is told to whoever reads them.',
    'No log holds a message of another workspace or one twice, no job ends that nobody ended, the states at any offset',
    'are those of the messages, and after one more sync in peace what each has acknowledged is the truth.',
    '',
    `- Command: \`${command}\``,
    ...dayAndMachine(),
    `- Result: ${counterexample ? counterexample.faults.join('; ') : 'the law holds'}, in ${Math.round(minutes)} minutes`,
    '',
    '| What | Total |',
    '| --- | --- |',
    `| Schedules | ${totals.schedules} |`,
    `| Steps | ${totals.steps} |`,
    `| Redis restored to an earlier moment | ${totals.restores} |`,
    `| Redis ended and started again | ${totals.restarts} |`,
    `| Service killed or replaced | ${totals.replaced} |`,
    `| Service died at a failpoint | ${totals.deaths} |`,
    `| Faults of a network | ${totals.networkFaults} |`,
    `| Disk full | ${totals.fills} |`,
    `| Files of long logs damaged | ${totals.damages} |`,
    `| Messages stored | ${totals.messages} |`,
    '',
  ]
  await writeFile('docs/evidence/schedules.md', lines.join('\n'))
}
