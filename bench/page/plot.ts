import type { Plot } from '../benchmark.ts'
import { formatFigure, type Row } from './table.ts'

const width = 760
const barHeight = 18
const step = 24
const top = 44
const labelWidth = 230
const valueWidth = 80

/**
 * Horizontal bars as an SVG of its own. Its colours follow the reader's scheme, light or dark, where the image is shown
 * by itself or in a page.
 */
export function drawPlot(plot: Plot, rows: readonly Row[]): string {
  const { title, figure, factor = 1, line } = plot
  const values = rows.map(({ figures }) => (figures[figure] ?? 0) * factor)
  const most = Math.max(line?.at ?? 0, ...values, Number.MIN_VALUE)
  const lengthOf = (value: number) => Math.max(1, (Math.max(0, value) / most) * (width - labelWidth - valueWidth))
  const height = top + rows.length * step + 12
  const bars = rows.map(({ cell, subject, figures }, at) => {
    const y = top + at * step
    const length = lengthOf(values[at] ?? 0)
    const middle = y + barHeight / 2 + 4
    return [
      `<text class="label" x="${labelWidth - 8}" y="${middle}">${escapeText(labelOf(cell, subject, rows))}</text>`,
      `<rect class="bar" x="${labelWidth}" y="${y}" width="${length.toFixed(1)}" height="${barHeight}" rx="2"/>`,
      `<text x="${(labelWidth + length + 6).toFixed(1)}" y="${middle}">${formatFigure(figures[figure], plot)}</text>`,
    ].join('\n')
  })
  return `${[
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img">`,
    `<title>${escapeText(title)}</title>`,
    style,
    `<rect class="ground" width="${width}" height="${height}"/>`,
    `<text class="title" x="12" y="24">${escapeText(title)}</text>`,
    ...bars,
    ...(line ? [lineAcross(labelWidth + lengthOf(line.at), height, line.label)] : []),
    '</svg>',
  ].join('\n')}\n`
}

/** Where every row has the same subject, the cell says all. */
function labelOf(cell: string, subject: string, rows: readonly Row[]): string {
  return rows.every((row) => row.subject === subject) ? cell : `${cell} ${subject}`
}

function lineAcross(x: number, height: number, label: string): string {
  const place = x.toFixed(1)
  return [
    `<line class="line" x1="${place}" x2="${place}" y1="${top - 6}" y2="${height - 8}"/>`,
    `<text class="mark" x="${place}" y="${top - 10}">${escapeText(label)}</text>`,
  ].join('\n')
}

const style = `<style>
  text { font: 12px system-ui, sans-serif; fill: #24292f }
  .title { font-size: 15px; font-weight: 600 }
  .label { text-anchor: end }
  .mark { text-anchor: middle; fill: #b35900 }
  .ground { fill: #ffffff }
  .bar { fill: #2f6feb }
  .line { stroke: #b35900; stroke-dasharray: 4 3 }
  @media (prefers-color-scheme: dark) {
    text { fill: #e6edf3 }
    .mark { fill: #f0a44b }
    .ground { fill: #0d1117 }
    .bar { fill: #58a6ff }
    .line { stroke: #f0a44b }
  }
</style>`

function escapeText(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
}
