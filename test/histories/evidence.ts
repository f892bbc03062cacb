import { writeFile } from 'node:fs/promises'
import { dayAndMachine, told } from '../support/evidence.ts'
import type { HistoriesRun } from './histories.ts'

const about = [
  'Random histories of small workspaces: one to four jobs, each of any streams in any order, killed, given up or read',
  'to its end; of each stream any of its STATEs is kept, whatever is kept of the others, and the next job goes on from',
  'there. Meanwhile records change, search shows them late or under an older time, pages fail, answer short or lead to',
  'cursors that are refused, and clocks are wrong. What was delivered up to the STATEs kept, and afterwards, is held',
  'against what the simulator knows to be true; what is lacking must have been told; no record comes twice with the',
  'same text in one job; and once nothing changes any more, a job brings no record.',
]
const aboutForeign = [
  'Random histories of small workspaces, one to four jobs each, as in [histories](histories.md); but all that goes wrong',
  'is that one to five requests of each job, any, are answered by somebody else: with any status from 200 to 599, a page,',
  'nothing, or JSON that is not of a form of Intercom. Records change meanwhile. After the job and the next one, what was',
  'delivered is the truth.',
]

/** Writes docs/evidence/histories.md, or foreign-answers.md. @param made the command, as it was given */
export async function writeEvidence(
  { seed, totals, counterexample }: HistoriesRun,
  { command, minutes, isForeign = false }: { command: string; minutes: number; isForeign?: boolean },
): Promise<void> {
  const result =
    counterexample === undefined
      ? `all ${told(totals.histories)} histories keep the law`
      : `history ${told(totals.histories)} breaks the law (path \`${counterexample.path}\`): ${counterexample.faults[0]}`
  const lines = [
    isForeign ? '# Foreign answers' : '# Histories',
    '',
    ...(isForeign ? aboutForeign : about),
    '',
    `- Command: \`${command}\``,
    `- Seed: ${seed}`,
    ...dayAndMachine(),
    `- Result: ${result}, in ${Math.ceil(minutes)} minutes`,
    '',
    '| What | Total |',
    '| --- | --- |',
    `| Histories | ${told(totals.histories)} |`,
    `| Jobs | ${told(totals.jobs)} |`,
    `| Requests | ${told(totals.requests)} |`,
    `| Changes of the workspace | ${told(totals.changes)} |`,
    `| Records delivered | ${told(totals.records)} |`,
    `| Histories of which a job lacked something and said so | ${told(totals.forgiven)} |`,
  ]
  await writeFile(`docs/evidence/${isForeign ? 'foreign-answers' : 'histories'}.md`, `${lines.join('\n')}\n`)
}
