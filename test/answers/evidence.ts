import { writeFile } from 'node:fs/promises'
import { dayAndMachine, told } from '../support/evidence.ts'
import type { AnswersRun } from './answers.ts'

/** Writes docs/evidence/answers.md. @param made how: the command as it was given, and one case of how many was tried */
export async function writeEvidence(
  { statuses, cases, requests, faults }: AnswersRun,
  made: { command: string; seed: number; oneOf: number; minutes: number },
): Promise<void> {
  const result =
    faults.length === 0 ? 'all end as they should' : `${told(faults.length)} faults, the first: ${faults[0]}`
  const lines = [
    '# Whatever answers',
    '',
    "Every status from 200 to 599, with Intercom's form of an error, a page, an empty body, JSON of another form and the",
    "right form with a wrong type, in the place of Intercom's answer to the first request, a page of a search, a",
    'conversation, the list of a contact, a page of the scroll, a numbered page, the first page of a slice, `check` and `discover`, once and',
    'for good. The sync and the next one are held against what the simulator knows to be true: a foreign answer that comes',
    'once changes nothing; one that lasts ends the job with `intercom_unavailable` and says who answered, or, when it is',
    "that of one record, puts the record off to the next sync; Intercom's own words come to what their class says.",
    '',
    `- Command: \`${made.command}\``,
    `- Seed: ${made.seed}`,
    ...dayAndMachine(),
    `- Result: ${result}, in ${Math.ceil(made.minutes)} minutes`,
    '',
    '| What | Total |',
    '| --- | --- |',
    `| Statuses | ${told(statuses)} |`,
    `| Cases | ${told(cases)}${made.oneOf === 1 ? ', all there are' : `, one of ${made.oneOf}, turn and turn about`} |`,
    `| Requests | ${told(requests)} |`,
  ]
  await writeFile('docs/evidence/answers.md', `${lines.join('\n')}\n`)
}
