import { execFileSync } from 'node:child_process'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type Static, Type } from 'typebox'
import { Value } from 'typebox/value'
import { machine } from '../test/support/evidence.ts'

const measuredCell = Type.Object({
  measuredAt: Type.String(),
  /** Load of the machine when the cell began, over a minute. */
  loadBefore: Type.Number(),
  /** Cores that other work took just before it began; files of earlier versions have none. */
  busyBefore: Type.Optional(Type.Number()),
  /** Cores that everything took meanwhile, on the average. */
  busyMeanwhile: Type.Optional(Type.Number()),
  tookSeconds: Type.Number(),
  /** Share of the usual amounts. */
  size: Type.Number(),
  rounds: Type.Number(),
  /** The medians, by subject and figure. */
  subjects: Type.Record(Type.String(), Type.Record(Type.String(), Type.Number())),
})

const results = Type.Object({
  commit: Type.String(),
  machine: Type.String(),
  cells: Type.Record(Type.String(), measuredCell),
})

export type MeasuredCell = Static<typeof measuredCell>

/** What a benchmark has measured of one commit on one machine. */
export type Results = Static<typeof results>

const root = fileURLToPath(new URL('../../', import.meta.url))

/** None yet, of the commit that is checked out. */
export function emptyResults(): Results {
  const commit = execFileSync('git', ['rev-parse', '--short=12', 'HEAD'], { cwd: root, encoding: 'utf8' }).trim()
  return { commit, machine: machine(), cells: {} }
}

export const fileOf = (folder: string, benchmark: string): string => `${folder}/${benchmark}.json`

/** What was written before; undefined where nothing was. @throws Error when the file holds something else */
export function readResults(folder: string, benchmark: string): Results | undefined {
  let text: string
  try {
    text = readFileSync(fileOf(folder, benchmark), 'utf8')
  } catch {
    return undefined
  }
  return Value.Parse(results, JSON.parse(text))
}

export function writeResults(folder: string, benchmark: string, content: Results): void {
  const file = fileOf(folder, benchmark)
  mkdirSync(dirname(file), { recursive: true })
  writeFileSync(file, `${JSON.stringify(content, null, 2)}\n`)
}
