import { writeFile } from 'node:fs/promises'
import { loadavg } from 'node:os'
import { dayAndMachine, told } from '../support/evidence.ts'
import type { LongJob, LongJobFigures } from './long-job.ts'

/** A job that was run, and what it came to. */
export interface LongRun {
  title: string
  job: LongJob
  figures: LongJobFigures
}

const mebibytes = (bytes: number) => `${told(Math.round(bytes / 2 ** 20))} MiB`

/** Writes what the runs have shown to docs/evidence/long-logs.md. */
export async function writeEvidence(runs: readonly LongRun[], command: string, seed: number): Promise<void> {
  const faults = runs.flatMap(({ figures }) => figures.faults)
  const head = [
    '# Logs that are longer than their window',
    '',
    'Two jobs on an API, a worker and a Redis of their own, with the default window. Nobody reads the first one while it',
    'runs. The other one has conversations with prose, which compresses as texts of people do, and a live reader.',
    'Afterwards each log is read as a whole, and from twenty random offsets, which have to give the same bytes.',
    '',
    `- Command: \`${command}\``,
    `- Seed: ${seed}`,
    ...dayAndMachine(),
    `- Load of the machine at the end of the run: ${loadavg()[0]?.toFixed(1)} (other work was under way)`,
    `- Result: ${faults.length === 0 ? 'all bytes were the same' : faults.join('; ')}`,
    '',
  ]
  const rows: [string, (run: LongRun) => string][] = [
    ['What', ({ title }) => title],
    ['---', () => '---'],
    ['Status', ({ figures }) => figures.status],
    ['Records', ({ figures }) => told(figures.records)],
    ['Messages', ({ figures }) => told(figures.messages)],
    ['Bytes of the messages', ({ figures }) => mebibytes(figures.messageBytes)],
    ['Bytes of the log, compressed and sealed', ({ figures }) => mebibytes(figures.logBytes)],
    ['Window', ({ job }) => mebibytes(job.windowBytes)],
    ['The most that Redis grew by', ({ figures }) => mebibytes(figures.redisGrowth)],
    ['Peak memory of the worker', ({ figures }) => `${Math.round(figures.workerPeak)} MiB`],
    ['Peak memory of the API', ({ figures }) => `${Math.round(figures.apiPeak)} MiB`],
    ['Seconds until the job had ended', ({ figures }) => told(Math.round(figures.seconds))],
  ]
  const table = rows.map(([name, cell]) => `| ${[name, ...runs.map(cell)].join(' | ')} |`)
  await writeFile('docs/evidence/long-logs.md', `${[...head, ...table].join('\n')}\n`)
}
