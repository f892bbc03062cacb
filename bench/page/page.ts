import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { basename, dirname } from 'node:path'
import type { Benchmark, Goal } from '../benchmark.ts'
import { type Results, readResults } from '../results.ts'
import { drawPlot } from './plot.ts'
import { formatFigure, markdownTable, type Row, rowsOf, rowsWith, showTable } from './table.ts'

/** A benchmark itself makes no more load on two cores. */
const MOST_LOAD = 5

/** Where the README says the figures, and the page begins with them. */
const SUMMARY = /^Measured on two cores.*$/m

/**
 * Writes the page of all figures that were written so far, beside their folder, and the plots into it:
 * `docs/performance` gets `docs/performance.md`. The README, if there is one, gets the figures in a line.
 */
export function writePage(folder: string, benchmarks: readonly Benchmark[]): void {
  mkdirSync(folder, { recursive: true })
  const measured = benchmarks.flatMap((benchmark) => {
    const results = readResults(folder, benchmark.name)
    return results ? [{ benchmark, results, rows: rowsOf(benchmark, results) }] : []
  })
  for (const { benchmark, rows } of measured)
    for (const plot of benchmark.plots)
      writeFileSync(`${folder}/${plot.name}.svg`, drawPlot(plot, rowsWith(rows, plot)))
  const undisturbed = measured.filter(({ results }) => !wasDisturbed(results))
  const sayings = undisturbed.flatMap(({ benchmark, rows }) => sayingsOf(benchmark, rows))
  const summary = sayings.length === 0 ? [] : [`Measured on two cores: ${sayings.join('; ')}.`]
  const text = [
    '# Performance',
    ...summary,
    'Measured by `npm run bench -- all --write`, which writes this page. The simulator, the naive loop, the connector, API, workers and Redis are processes of their own on one machine, so what is compared with each other was measured in one run. `npm run bench -- --help` says how to measure one of these by itself, or a smaller amount.',
    '## What must hold',
    goalTable(
      measured.flatMap(({ benchmark, results, rows }) => benchmark.goals.map((goal) => ({ goal, rows, results }))),
    ),
    ...measured.flatMap(({ benchmark, results }) => sectionOf(benchmark, results, basename(folder))),
  ]
  const page = `${dirname(folder)}/${basename(folder)}.md`
  writeFileSync(page, `${text.join('\n\n')}\n`)
  if (!existsSync('README.md')) return
  const line = `${summary.join('') || 'Measured on two cores.'} All figures: [${page}](${page}).`
  const readme = readFileSync('README.md', 'utf8')
  writeFileSync(
    'README.md',
    readme.replace(SUMMARY, () => line),
  )
}

/** Whether other work took the machine. */
function wasDisturbed({ cells }: Results): boolean {
  return Object.values(cells).some(({ loadBefore }) => loadBefore > MOST_LOAD)
}

function sayingsOf({ headlines }: Benchmark, rows: readonly Row[]): string[] {
  return headlines.flatMap(({ row, text, ...shown }) => {
    const found = rows.find(({ cell, subject }) => `${cell} ${subject}` === row)?.figures[shown.figure]
    return found === undefined ? [] : [text.replace('{}', formatFigure(found, shown))]
  })
}

function sectionOf(benchmark: Benchmark, results: Results, folder: string): string[] {
  const { name, title, about, plots } = benchmark
  const cells = Object.values(results.cells)
  const days = [...new Set(cells.map(({ measuredAt }) => measuredAt.slice(0, 10)))].toSorted()
  const loads = cells.map(({ loadBefore }) => loadBefore)
  const sizes = [...new Set(cells.map(({ size }) => size))].filter((size) => size !== 1)
  const minutes = cells.reduce((sum, { tookSeconds }) => sum + tookSeconds, 0) / 60
  return [
    `## ${title}`,
    ...about,
    [
      `- Command: \`npm run bench -- ${name} --write\`, commit ${results.commit}`,
      `- Date: ${days.join(' to ')}, ${Math.ceil(minutes)} minutes`,
      `- Machine: ${results.machine}`,
      `- Load of the machine before each cell, over a minute: ${Math.min(...loads).toFixed(1)} to ${Math.max(...loads).toFixed(1)}; what the cell before has left is part of it`,
      ...(wasDisturbed(results)
        ? ['- **Other work took the machine meanwhile**, so these figures do not show what the product can do']
        : []),
      ...sizes.map((size) => `- A look at ${size} of the amounts that are told here`),
      `- Figures: [${name}.json](${folder}/${name}.json)`,
    ].join('\n'),
    ...plots.map((plot) => `![${plot.title}](${folder}/${plot.name}.svg)`),
    showTable(benchmark, results),
  ]
}

/** Each goal with its worst row. */
function goalTable(goals: readonly { goal: Goal; rows: readonly Row[]; results: Results }[]): string {
  const lines = goals.flatMap(({ goal, rows, results }) => {
    const { text, figure, atLeast, atMost } = goal
    const figureOf = ({ figures }: Row) => figures[figure] ?? Number.NaN
    const sorted = rowsWith(rows, goal).toSorted((left, right) => figureOf(left) - figureOf(right))
    const worst = atLeast === undefined ? sorted.at(-1) : sorted[0]
    const wanted =
      atLeast === undefined ? `≤ ${atMost?.toLocaleString('en-US')}` : `≥ ${atLeast.toLocaleString('en-US')}`
    if (worst === undefined) return [[text, wanted, '', '', '', 'not measured']]
    const value = figureOf(worst)
    const holds = atLeast === undefined ? value <= (atMost ?? Infinity) : value >= atLeast
    const shown = value.toLocaleString('en-US', { maximumSignificantDigits: 4 })
    const load = results.cells[worst.cell]?.loadBefore.toFixed(1) ?? ''
    return [[text, wanted, shown, `${worst.cell} ${worst.subject}`, load, holds ? 'yes' : '**no**']]
  })
  return markdownTable(['What', 'Goal', 'Worst', 'Where', 'Load before', 'Holds'], lines, 6)
}
