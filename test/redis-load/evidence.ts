import { writeFile } from 'node:fs/promises'
import { loadavg } from 'node:os'
import { dayAndMachine, told } from '../support/evidence.ts'
import type { BulkEdit, BulkEditFigures } from './bulk-edit.ts'
import type { QueuedJobs, QueuedJobsFigures } from './queued-jobs.ts'

export interface RedisLoad {
  queued: { plan: QueuedJobs; figures: QueuedJobsFigures }
  edit: { plan: BulkEdit; figures: BulkEditFigures }
}

const percent = (share: number) => `${(share * 100).toFixed(1)} %`

/** Writes what a run has shown to docs/evidence. @param command as it was given */
export async function writeEvidence({ queued, edit }: RedisLoad, command: string): Promise<void> {
  const { plan, figures } = queued
  const [first, second] = edit.figures.records.map(told)
  const lines = [
    '# What Redis has to do',
    '',
    `First ${told(plan.jobs)} jobs wait for ${plan.workers} workers, whose own jobs get no answer of Intercom. Then one`,
    `connection syncs ${told(edit.plan.contacts)} contacts, of which ${told(edit.plan.changed)} change within one second`,
    'before its second job. API, workers and Redis are processes of their own.',
    '',
    `- Command: \`${command}\``,
    `- Seed: ${edit.plan.seed}`,
    ...dayAndMachine(),
    `- Load of the machine at the end: ${loadavg()[0]?.toFixed(1)}`,
    '',
    '| What | Figure |',
    '| --- | --- |',
    `| Jobs that waited | ${told(figures.waiting)} |`,
    `| CPU of Redis meanwhile, in parts of a core | ${percent(figures.share)} |`,
    `| The same before there was a job | ${percent(figures.shareWithoutJobs)} |`,
    `| Records of the first job and of the second | ${first}, ${second} |`,
    `| Commands that took Redis more than ${edit.plan.toldAboveMs} ms | ${told(edit.figures.slow.length)} |`,
    ...edit.figures.slow.slice(0, 10).map(({ ms, command }) => `| ${command.replaceAll('|', '\\|')} | ${ms} ms |`),
  ]
  await writeFile('docs/evidence/redis-load.md', `${lines.join('\n')}\n`)
}
