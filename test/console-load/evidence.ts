import { writeFile } from 'node:fs/promises'
import { loadavg } from 'node:os'
import { dayAndMachine, told } from '../support/evidence.ts'
import type { LoadFigures, LoadPlan } from './measure.ts'

export interface ConsoleLoad {
  plan: LoadPlan
  figures: LoadFigures
}

/** What must hold: a task of 100 ms is one that people notice; 120 kB are what the whole page may weigh. */
const longestMs = 100
const mostBytes = 120_000

/** Memory and nodes may not grow with the rows; this much they go up and down by themselves. */
const slack = { mebibytes: 5, nodes: 50 }

export function isGood({ figures: { runs, early, late, javascript } }: ConsoleLoad): boolean {
  const isSmall = late.mebibytes <= early.mebibytes + slack.mebibytes && late.nodes <= early.nodes + slack.nodes
  return median(runs.map(({ longestTask }) => longestTask)) <= longestMs && isSmall && javascript.gzip <= mostBytes
}

function median(numbers: readonly number[]): number {
  return numbers.toSorted((one, other) => one - other)[Math.floor(numbers.length / 2)] ?? 0
}

const inMs = (ms: number) => (ms === 0 ? 'under 50 ms' : `${Math.round(ms)} ms`)

/** Writes docs/evidence/console.md. */
export async function writeEvidence({ plan, figures }: ConsoleLoad): Promise<void> {
  const { runs, early, late, longestTaskAtFullSpeed, fullSpeed, javascript } = figures
  const size = ({ mebibytes, nodes }: LoadFigures['early']) => `${mebibytes.toFixed(1)} MiB, ${told(nodes)} elements`
  const lines = [
    '# The page of a job while rows come',
    '',
    'Chromium shows the page of a job whose rows, of 1.5 kB each, a script writes into the log. API, script and browser',
    'share the machine. A task of the page is told by the browser from 50 ms on.',
    '',
    `- Command: \`npm run console-load -- --rows ${plan.rows} --rate ${plan.rate} --seconds ${plan.seconds} --runs ${plan.runs}\``,
    ...dayAndMachine(),
    `- Load of the machine at the end: ${loadavg()[0]?.toFixed(1)}`,
    '',
    '| What | Figure |',
    '| --- | --- |',
    ...runs.map(
      ({ rate, longestTask }, run) =>
        `| Run ${run + 1}: longest task at ${told(Math.round(rate))} rows a second, ${plan.seconds} s | ${inMs(longestTask)} |`,
    ),
    `| Longest task at ${told(Math.round(fullSpeed))} rows a second | ${inMs(longestTaskAtFullSpeed)} |`,
    `| Page after ${told(early.rows)} rows | ${size(early)} |`,
    `| Page after ${told(late.rows)} rows | ${size(late)} |`,
    `| All JavaScript, gzip / brotli / plain | ${told(javascript.gzip)} / ${told(javascript.brotli)} / ${told(javascript.plain)} bytes |`,
  ]
  await writeFile('docs/evidence/console.md', `${lines.join('\n')}\n`)
}
