import type { Benchmark, Column, Figures, Goal, Plot } from '../benchmark.ts'
import type { Results } from '../results.ts'
import { cellsOf } from '../run-benchmark.ts'

/** The figures of one subject in one cell. */
export interface Row {
  cell: string
  subject: string
  figures: Figures
}

/** In the order of the benchmark's cells. */
export function rowsOf(benchmark: Benchmark, { cells }: Results): Row[] {
  return cellsOf(benchmark, 1).flatMap(({ name: cell }) =>
    Object.entries(cells[cell]?.subjects ?? {}).map(([subject, figures]) => ({ cell, subject, figures })),
  )
}

/** The rows that have a figure, among those that are asked for. */
export function rowsWith(rows: readonly Row[], { figure, rows: wanted }: Goal | Plot): Row[] {
  return rows.filter(({ cell, subject, figures }) => wanted.test(`${cell} ${subject}`) && figures[figure] !== undefined)
}

export function formatFigure(value: number | undefined, { factor = 1, digits }: Omit<Column, 'heading'>): string {
  if (value === undefined || Number.isNaN(value)) return ''
  return (value * factor).toLocaleString('en-US', { minimumFractionDigits: digits, maximumFractionDigits: digits })
}

/** A table of Markdown, which terminals can show, too. Columns without a figure are left out. */
export function showTable(benchmark: Benchmark, results: Results): string {
  const rows = rowsOf(benchmark, results)
  const columns = benchmark.columns.filter(({ figure }) => rows.some(({ figures }) => figures[figure] !== undefined))
  return markdownTable(
    ['Cell', 'Measured', ...columns.map(({ heading }) => heading)],
    rows.map(({ cell, subject, figures }) => [
      cell,
      subject,
      ...columns.map((column) => formatFigure(figures[column.figure], column)),
    ]),
    2,
  )
}

/** @param words how many columns at the left are words; the others are figures */
export function markdownTable(head: readonly string[], rows: readonly (readonly string[])[], words: number): string {
  const widths = head.map((name, at) => Math.max(3, name.length, ...rows.map((row) => row[at]?.length ?? 0)))
  const pad = (text: string, at: number) => {
    const width = widths[at] ?? 0
    return at < words ? text.padEnd(width) : text.padStart(width)
  }
  const rule = widths.map((width, at) => (at < words ? '-'.repeat(width) : `${'-'.repeat(width - 1)}:`))
  return [head.map(pad), rule, ...rows.map((row) => row.map(pad))].map((cells) => `| ${cells.join(' | ')} |`).join('\n')
}
