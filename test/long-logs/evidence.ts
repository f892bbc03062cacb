import { writeFile } from 'node:fs/promises'
import { loadavg } from 'node:os'
import { dayAndMachine, told } from '../support/evidence.ts'
import type { LongJob, LongJobFigures } from './long-job.ts'

/** What is said of each job. */
const pages = {
  'never-read': {
    title: 'A job that nobody reads',
    text: [
      'A job of contacts, which nobody reads while it runs. Afterwards its log is read as a whole, and from twenty',
    ],
  },
  prose: {
    title: 'A log of prose',
    text: [
      'A job of conversations with their parts, whose texts compress as texts of people do, with a live reader. Afterwards',
      'the log is read again, which has to give the same bytes, and from twenty',
    ],
  },
} as const

/** The jobs that are run. */
export type LongJobName = keyof typeof pages

export interface LongRun {
  name: LongJobName
  job: LongJob
  figures: LongJobFigures
}

const mebibytes = (bytes: number) => `${told(Math.round(bytes / 2 ** 20))} MiB`

/** Writes what a run has shown to docs/evidence. @param command as it was given */
export async function writeEvidence({ name, job, figures }: LongRun, command: string): Promise<void> {
  const { title, text } = pages[name]
  const lines = [
    `# ${title}`,
    '',
    ...text,
    'random offsets, which have to give the same bytes as the whole. API, worker and Redis are processes of their own.',
    '',
    `- Command: \`${command}\``,
    `- Seed: ${job.seed}`,
    ...dayAndMachine(),
    `- Load of the machine at the end: ${loadavg()[0]?.toFixed(1)}`,
    `- Result: ${figures.faults.length === 0 ? 'all bytes were the same' : figures.faults.join('; ')}`,
    '',
    '| What | Figure |',
    '| --- | --- |',
    `| Status | ${figures.status} |`,
    `| Records | ${told(figures.records)} |`,
    `| Messages | ${told(figures.messages)} |`,
    `| Bytes of the messages | ${mebibytes(figures.messageBytes)} |`,
    `| Bytes of the log, compressed and sealed | ${mebibytes(figures.logBytes)} |`,
    `| Window | ${mebibytes(job.windowBytes)} |`,
    `| The most that Redis grew by, in parts of the window | ${(figures.redisGrowth / job.windowBytes).toFixed(2)} |`,
    `| Peak memory of the worker | ${Math.round(figures.workerPeak)} MiB |`,
    `| Peak memory of the API | ${Math.round(figures.apiPeak)} MiB |`,
    `| Seconds until the job had ended | ${told(Math.round(figures.seconds))} |`,
  ]
  await writeFile(`docs/evidence/long-logs-${name}.md`, `${lines.join('\n')}\n`)
}
