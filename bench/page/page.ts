import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { basename, dirname } from 'node:path'
import type { Benchmark, Goal } from '../benchmark.ts'
import { MOST_BUSY_BEFORE } from '../machine-use.ts'
import { type MeasuredCell, type Results, readResults } from '../results.ts'
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
  const undisturbed = measured.filter(({ results }) => !isDisturbed(results))
  const sayings = undisturbed.flatMap(({ benchmark, rows }) => sayingsOf(benchmark, rows))
  const summary = sayings.length === 0 ? [] : [`Measured on two cores: ${sayings.join('; ')}.`]
  const text = [
    '# Performance',
    ...summary,
    'Measured by `npm run bench -- all --write`, which writes this page. The simulator, the naive loop, the connector, API, workers and Redis are processes of their own on one machine, so what is compared with each other was measured in one run. `npm run bench -- --help` says how to measure one of these by itself, or a smaller amount.',
    '## What must hold',
    goalTable(
      benchmarks.flatMap((benchmark) => {
        const { rows = [], results } = measured.find((one) => one.benchmark === benchmark) ?? {}
        return benchmark.goals.map((goal) => ({ goal, rows, cells: results?.cells ?? {} }))
      }),
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

/** Whether other work took the machine when a cell began. The load tells less: what a cell leaves of it is its own. */
const wasDisturbed = ({ busyBefore, loadBefore }: MeasuredCell): boolean =>
  busyBefore === undefined ? loadBefore > MOST_LOAD : busyBefore > MOST_BUSY_BEFORE

const isDisturbed = ({ cells }: Results): boolean => Object.values(cells).some(wasDisturbed)

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
  const sizes = [...new Set(cells.map(({ size }) => size))].filter((size) => size !== 1)
  const minutes = cells.reduce((sum, { tookSeconds }) => sum + tookSeconds, 0) / 60
  return [
    `## ${title}`,
    ...about,
    [
      `- Command: \`npm run bench -- ${name} --write\`, commit ${results.commit}`,
      `- Date: ${days.join(' to ')}, ${Math.ceil(minutes)} minutes`,
      `- Machine: ${results.machine}`,
      ...useOfMachine(cells),
      ...(isDisturbed(results)
        ? ['- **Other work took the machine meanwhile**, so these figures do not show what the product can do']
        : []),
      ...sizes.map((size) => `- A look at ${size} of the amounts that are told here`),
      `- Figures: [${name}.json](${folder}/${name}.json)`,
    ].join('\n'),
    ...plots.map((plot) => `![${plot.title}](${folder}/${plot.name}.svg)`),
    showTable(benchmark, results),
  ]
}

/** How much of the machine other work took, as far as it is known. */
function useOfMachine(cells: readonly MeasuredCell[]): string[] {
  const range = (values: readonly number[]) => `${Math.min(...values).toFixed(1)} to ${Math.max(...values).toFixed(1)}`
  const known = (figures: readonly (number | undefined)[]) => figures.filter((figure) => figure !== undefined)
  const before = known(cells.map(({ busyBefore }) => busyBefore))
  const meanwhile = known(cells.map(({ busyMeanwhile }) => busyMeanwhile))
  if (before.length < cells.length || meanwhile.length < cells.length)
    return [
      `- Load of the machine before each cell, over a minute: ${range(cells.map(({ loadBefore }) => loadBefore))}`,
    ]
  return [
    `- Cores that other work took before each cell: ${range(before)}; that all took meanwhile: ${range(meanwhile)}`,
  ]
}

interface GoalWithRows {
  goal: Goal
  rows: readonly Row[]
  cells: Results['cells']
}

/** Each goal with its worst row. */
function goalTable(goals: readonly GoalWithRows[]): string {
  const lines = goals.map(({ goal, rows, cells }) => {
    const { text, atLeast, atMost } = goal
    const wanted =
      atLeast === undefined ? `≤ ${atMost?.toLocaleString('en-US')}` : `≥ ${atLeast.toLocaleString('en-US')}`
    const sorted = goalFigures(goal, rows).toSorted((left, right) => left.value - right.value)
    const worst = atLeast === undefined ? sorted.at(-1) : sorted[0]
    if (worst === undefined) return [text, wanted, '', '', '', 'not measured']
    const { value, cell, subject } = worst
    const holds = atLeast === undefined ? value <= (atMost ?? Infinity) : value >= atLeast
    const shown = value.toLocaleString('en-US', { maximumSignificantDigits: 4 })
    const measured = cells[cell]
    const machine = measured && wasDisturbed(measured) ? 'disturbed' : 'quiet'
    return [text, wanted, shown, `${cell} ${subject}`, machine, holds ? 'yes' : '**no**']
  })
  return markdownTable(['What', 'Goal', 'Worst', 'Where', 'Machine', 'Holds'], lines, 6)
}

/** What counts for a goal, by row. */
function goalFigures(goal: Goal, rows: readonly Row[]): { value: number; cell: string; subject: string }[] {
  return rowsWith(rows, goal).flatMap(({ cell, subject, figures }) => {
    const base = rows.find((row) => row.cell === goal.over && row.subject === subject)
    const by = goal.over === undefined ? 1 : base?.figures[goal.figure]
    const figure = figures[goal.figure]
    return figure === undefined || by === undefined ? [] : [{ value: figure / by, cell, subject }]
  })
}
