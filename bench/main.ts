import { parseArgs } from 'node:util'
import type { Benchmark } from './benchmark.ts'
import { components } from './benchmarks/components.ts'
import { fairness } from './benchmarks/fairness.ts'
import { latency } from './benchmarks/latency.ts'
import { limit } from './benchmarks/limit.ts'
import { memory } from './benchmarks/memory.ts'
import { scale } from './benchmarks/scale.ts'
import { throughput } from './benchmarks/throughput.ts'
import { writePage } from './page/page.ts'
import { showTable } from './page/table.ts'
import { emptyResults, type Results, readResults, writeResults } from './results.ts'
import { type ChosenCells, cellsOf, runBenchmark, secondsOf } from './run-benchmark.ts'

const benchmarks: readonly Benchmark[] = [limit, throughput, scale, latency, memory, fairness, components]

const usage = `npm run bench -- NAME… [--cells A,B] [--size SHARE] [--rounds N] [--write] [--resume]

  NAME      ${benchmarks.map(({ name }) => name).join(', ')}, all, or page: only writes the page
  --cells   only these cells
  --size    so much of the usual amounts, 0.1 for a look: 1
  --rounds  how often each cell is measured: most once, those of CPU seconds and of start-up five times
  --write   writes the figures to docs/performance/NAME.json, and docs/performance.md with its plots
  --resume  leaves out the cells that are in this file already for this commit, of the same size
`

const folder = 'docs/performance'

interface Choice {
  size: number
  /** Names of cells; undefined: all of them. */
  names: readonly string[] | undefined
  rounds: number | undefined
  isWritten: boolean
  resumes: boolean
}

async function main(): Promise<void> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      cells: { type: 'string' },
      size: { type: 'string', default: '1' },
      rounds: { type: 'string' },
      write: { type: 'boolean', default: false },
      resume: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  })
  const { cells, size, rounds, write: isWritten, resume: resumes, help } = values
  const named = positionals.includes('all') ? benchmarks.map(({ name }) => name) : positionals
  const chosen = benchmarks.filter(({ name }) => named.includes(name))
  const choice = { size: Number(size), names: cells?.split(','), rounds: rounds ? Number(rounds) : undefined }
  const fault = faultOf(named, chosen, choice)
  if (help || fault !== undefined) {
    process.stdout.write(fault === undefined || help ? usage : `bench: ${fault}\n\n${usage}`)
    process.exitCode = help ? 0 : 2
    return
  }
  const works = chosen.map((benchmark) => workOf(benchmark, { ...choice, isWritten, resumes }))
  if (works.length > 0) process.stderr.write(estimateOf(works))
  for (const work of works) await run(work)
  if (isWritten || named.includes('page')) writePage(folder, benchmarks)
}

/** What is wrong with the arguments, if anything is. */
function faultOf(
  named: readonly string[],
  chosen: readonly Benchmark[],
  { size, names, rounds }: Pick<Choice, 'size' | 'names' | 'rounds'>,
): string | undefined {
  if (named.length === 0) return 'name a benchmark'
  const unknown = named.find((name) => name !== 'page' && !chosen.some((benchmark) => benchmark.name === name))
  if (unknown !== undefined) return `there is no benchmark "${unknown}"`
  if (!(size > 0)) return '--size is not a number above 0'
  if (rounds !== undefined && !(Number.isInteger(rounds) && rounds > 0)) return '--rounds is not a whole number above 0'
  const known = chosen.flatMap((benchmark) => cellsOf(benchmark, size).map(({ name }) => name))
  const missing = names?.find((name) => !known.includes(name))
  return missing === undefined ? undefined : `there is no cell "${missing}" among ${known.join(', ')}`
}

/** What a run does for one benchmark. */
interface Work extends ChosenCells, Pick<Choice, 'rounds' | 'isWritten'> {
  benchmark: Benchmark
  /** With the cells that are there already. */
  results: Results
}

function workOf(benchmark: Benchmark, { names, resumes, ...choice }: Choice): Work {
  const results = emptyResults()
  const before = readResults(folder, benchmark.name)
  const kept = resumes && before?.commit === results.commit ? Object.entries(before.cells) : []
  Object.assign(results.cells, Object.fromEntries(kept.filter(([, { size }]) => size === choice.size)))
  const isThere = new Set(Object.keys(results.cells))
  const isChosen = (name: string) => !isThere.has(name) && (names?.includes(name) ?? true)
  return { benchmark, results, isChosen, ...choice }
}

/** About how long the run will take; smaller amounts take less. */
function estimateOf(works: readonly Work[]): string {
  const minutes = works.map((work) => ({ name: work.benchmark.name, minutes: secondsOf(work.benchmark, work) / 60 }))
  const all = minutes.reduce((sum, one) => sum + one.minutes, 0)
  const each = minutes.map((one) => `${one.name} ${one.minutes.toFixed(1)}`).join(', ')
  return `bench: about ${Math.ceil(all)} minutes on two idle cores for the usual amounts and rounds: ${each}\n`
}

/** Prints each cell as a line of JSON as it comes, and a table in the end. */
async function run({ benchmark, results, isWritten, ...choice }: Work): Promise<void> {
  await runBenchmark(benchmark, {
    ...choice,
    onCell(name, measured) {
      results.cells[name] = measured
      process.stdout.write(`${JSON.stringify({ benchmark: benchmark.name, cell: name, ...measured })}\n`)
      // Whatever ends the run, what was measured stays.
      if (isWritten) writeResults(folder, benchmark.name, results)
    },
    onFault(name, error) {
      process.stderr.write(`bench: ${benchmark.name} ${name}: ${error instanceof Error ? error.stack : error}\n`)
      process.exitCode = 1
    },
  })
  process.stdout.write(`\n${showTable(benchmark, results)}\n`)
}

await main()
