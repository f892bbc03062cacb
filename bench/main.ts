import { parseArgs } from 'node:util'
import type { Benchmark } from './benchmark.ts'
import { components } from './benchmarks/components.ts'
import { latency } from './benchmarks/latency.ts'
import { limit } from './benchmarks/limit.ts'
import { memory } from './benchmarks/memory.ts'
import { scale } from './benchmarks/scale.ts'
import { throughput } from './benchmarks/throughput.ts'
import { writePage } from './page/page.ts'
import { showTable } from './page/table.ts'
import { emptyResults, readResults, writeResults } from './results.ts'
import { cellsOf, runBenchmark } from './run-benchmark.ts'

const benchmarks: readonly Benchmark[] = [limit, throughput, scale, latency, memory, components]

const usage = `npm run bench -- NAME… [--cells A,B] [--size SHARE] [--write] [--resume]

  NAME      ${benchmarks.map(({ name }) => name).join(', ')}, all, or page: only writes the page
  --cells   only these cells
  --size    so much of the usual amounts, 0.1 for a look: 1
  --write   writes the figures to docs/performance/NAME.json, and docs/performance.md with its plots
  --resume  leaves out the cells that are in this file already for this commit
`

const folder = 'docs/performance'

async function main(): Promise<void> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      cells: { type: 'string' },
      size: { type: 'string', default: '1' },
      write: { type: 'boolean', default: false },
      resume: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  })
  const size = Number(values.size)
  const named = positionals.includes('all') ? benchmarks.map(({ name }) => name) : positionals
  const chosen = benchmarks.filter(({ name }) => named.includes(name))
  const unknown = named.find((name) => name !== 'page' && !chosen.some((benchmark) => benchmark.name === name))
  if (values.help || named.length === 0 || unknown !== undefined || !(size > 0)) {
    process.stdout.write(usage)
    process.exitCode = values.help ? 0 : 2
    return
  }
  const names = values.cells?.split(',')
  for (const benchmark of chosen) await run(benchmark, { size, names, isWritten: values.write, resumes: values.resume })
  if (values.write || named.includes('page')) writePage(folder, benchmarks)
}

interface Choice {
  size: number
  names: readonly string[] | undefined
  isWritten: boolean
  resumes: boolean
}

/** Prints each cell as a line of JSON as it comes, and a table in the end. */
async function run(benchmark: Benchmark, { size, names, isWritten, resumes }: Choice): Promise<void> {
  const results = emptyResults()
  const before = readResults(folder, benchmark.name)
  if (resumes && before?.commit === results.commit) Object.assign(results.cells, before.cells)
  const missing = cellsOf(benchmark, size).filter(({ name }) => !(name in results.cells))
  await runBenchmark(benchmark, {
    size,
    names: names ?? missing.map(({ name }) => name),
    onCell(name, measured) {
      results.cells[name] = measured
      process.stdout.write(`${JSON.stringify({ benchmark: benchmark.name, cell: name, ...measured })}\n`)
      // Whatever ends the run, what was measured stays.
      if (isWritten) writeResults(folder, benchmark.name, results)
    },
  })
  process.stdout.write(`\n${showTable(benchmark, results)}\n`)
}

await main()
