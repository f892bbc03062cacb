import { loadavg } from 'node:os'
import type { Benchmark, Cell, Round } from './benchmark.ts'
import type { MeasuredCell } from './results.ts'

export interface RunOptions {
  /** Share of the usual amounts; evidence takes 1. */
  size: number
  /** Names of the cells; undefined: all of them. */
  names: readonly string[] | undefined
  /** Called with each cell as soon as it is measured. */
  onCell: (name: string, measured: MeasuredCell) => void
}

/**
 * Measures the cells of a benchmark in their order: those that only wait side by side, then the others one by one.
 *
 * @throws Error for a name that no cell has
 */
export async function runBenchmark(benchmark: Benchmark, { size, names, onCell }: RunOptions): Promise<void> {
  const all = cellsOf(benchmark, size)
  const unknown = names?.find((name) => !all.some((cell) => cell.name === name))
  if (unknown !== undefined)
    throw new Error(`${benchmark.name} has no cell "${unknown}": ${all.map(({ name }) => name).join(', ')}`)
  const cells = all.filter(({ name }) => names?.includes(name) ?? true)
  await Promise.all(cells.filter(({ waits }) => waits).map((cell) => measure(cell, onCell)))
  for (const cell of cells.filter(({ waits }) => !waits)) await measure(cell, onCell)
}

/** The cells, each amount in proportion to the size and at least one. */
export function cellsOf({ cells }: Benchmark, size: number): readonly Cell[] {
  return cells((usual) => Math.max(1, Math.round(usual * size)))
}

async function measure({ name, rounds: count = 1, open }: Cell, onCell: RunOptions['onCell']): Promise<void> {
  const [loadBefore = Number.NaN] = loadavg()
  const start = performance.now()
  const closers: (() => unknown)[] = []
  const rounds: Round[] = []
  try {
    const measureRound = await open({ teardown: (close) => closers.push(close) })
    for (let round = 0; round < count; round++) rounds.push(await measureRound())
  } finally {
    for (const close of closers.reverse()) await close()
  }
  onCell(name, {
    measuredAt: new Date().toISOString(),
    loadBefore,
    tookSeconds: Math.round((performance.now() - start) / 1000),
    subjects: mediansOf(rounds),
  })
}

/** Of each figure of each subject its median over the rounds. */
function mediansOf(rounds: readonly Round[]): MeasuredCell['subjects'] {
  const subjects = Object.entries(rounds[0] ?? {}).map(([subject, figures]) => {
    const medians = Object.keys(figures).flatMap((figure) => {
      const values = rounds.map((round) => round[subject]?.[figure]).filter((value) => value !== undefined)
      return values.length === 0 ? [] : [[figure, Number(median(values).toPrecision(6))]]
    })
    return [subject, Object.fromEntries(medians)]
  })
  return Object.fromEntries(subjects)
}

function median(values: readonly number[]): number {
  return values.toSorted((left, right) => left - right)[Math.floor(values.length / 2)] ?? Number.NaN
}
