import { writeFile } from 'node:fs/promises'
import { dayAndMachine, told } from '../support/evidence.ts'
import { type FigureName, type Figures, figureNames } from './figures.ts'
import { presentCommit } from './versions.ts'

export interface MixedRun {
  rounds: number
  figures: Figures
  faults: readonly string[]
}

/** Writes docs/evidence/mixed-versions.md. @param about the run: its command, its seed, the old commit, how long it took */
export async function writeEvidence(
  { rounds, figures, faults }: MixedRun,
  about: { command: string; seed: number; commit: string; minutes: number },
): Promise<void> {
  const totals = figures.totals()
  const names = Object.keys(figureNames) as FigureName[]
  const lines = [
    '# Two versions on one Redis',
    '',
    'APIs and workers of an older commit and of this one work on the same Redis, at the same time and one after the other,',
    'as in a rolling update and on the way back. Workers are stopped and killed in the middle of jobs, so that one version',
    'goes on where the other one has been, several times in a job. Live readers lose their API and read on at the other',
    "version's. Requests are repeated, jobs joined, cancelled and acknowledged at the version that did not start them, and",
    'each STATE is put to both. Two jobs under one tight limit run at workers of both.',
    '',
    'Each log holds nothing twice and nothing that there never was, and, unless records changed meanwhile, all there is.',
    'What a client had stored or acknowledged, together with its next job, is the truth. Every job ends as it should, no',
    'attempt fails, no answer is a 5xx, and both versions tell jobs, logs, states and lists alike.',
    '',
    `- Command: \`${about.command}\``,
    `- Seed: ${about.seed}`,
    `- Versions: ${about.commit} and ${presentCommit()}`,
    ...dayAndMachine(),
    `- Result: ${faults.length === 0 ? 'nothing was wrong' : faults.join('; ')}, in ${Math.ceil(about.minutes)} minutes`,
    '',
    '| What | Total |',
    '| --- | --- |',
    `| Rounds | ${told(rounds)} |`,
    ...names.map((name) => `| ${figureNames[name]} | ${told(totals[name])} |`),
    `| Changes of the version within one job, at most | ${figures.mostHandOvers()} |`,
    '',
  ]
  await writeFile('docs/evidence/mixed-versions.md', lines.join('\n'))
}
