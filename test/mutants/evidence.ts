import { execFileSync } from 'node:child_process'
import { readFile, writeFile } from 'node:fs/promises'
import { dayAndMachine } from '../support/evidence.ts'
import { type Mutant, mutants } from './mutants.ts'

/** How a mutant fared. */
export interface Verdict {
  mutant: Mutant
  /** The test file that told; undefined when none did. */
  caughtBy: string | undefined
}

/** Rows of the page, by the rule that they are about. */
type Rows = ReadonlyMap<string, string>

const page = 'docs/evidence/mutants.md'

/** What the page tells: the row of each rule that was caught. */
export async function readEvidence(): Promise<Rows> {
  const rows = (await readFile(page, 'utf8')).split('\n').filter((line) => line.startsWith('| '))
  const caught = rows.slice(2).filter((row) => !row.includes('NOT CAUGHT'))
  return new Map(caught.map((row) => [row.split(' | ')[0]?.slice(2).trim() ?? '', row]))
}

/** Writes the page: what was judged now, and of the others what it told before. */
export async function writeEvidence(earlier: Rows, verdicts: readonly Verdict[], minutes: number): Promise<void> {
  const commit = execFileSync('git', ['rev-parse', '--short=7', 'HEAD'], { encoding: 'utf8' }).trim()
  const now = new Map(
    verdicts.map(({ mutant: { rule, file }, caughtBy }) => {
      const told = caughtBy === undefined ? 'NOT CAUGHT' : `\`${caughtBy}\``
      return [rule, `| ${rule} | \`src/${file}\` | ${told} | ${commit} |`]
    }),
  )
  const rows = mutants.flatMap(({ rule }) => now.get(rule) ?? earlier.get(rule) ?? [])
  const caught = rows.filter((row) => !row.includes('NOT CAUGHT')).length
  const text = `# Mutants

Lines of the product made wrong on purpose, one at a time, and the test that told. Which line, and how, is in \`test/mutants/mutants.ts\`. The last column is the commit at which each was tried last.

- Command: \`npm run mutants -- --evidence\`; with \`--new\` it tries those that this page does not have yet
${dayAndMachine().join('\n')}
- Result: ${caught} of ${mutants.length} caught; the last run tried ${verdicts.length}, in ${Math.ceil(minutes)} minutes

| What is wrong | Where | Caught by | Tried at |
| --- | --- | --- | --- |
${rows.join('\n')}
`
  await writeFile(page, text)
}
