import { loadavg } from 'node:os'
import { setTimeout } from 'node:timers/promises'
import type { Benchmark, Cell, Round } from './benchmark.ts'
import type { MeasuredCell } from './results.ts'

export interface RunOptions {
  /** Share of the usual amounts; evidence takes 1. */
  size: number
  /** Which cells. */
  isChosen: (name: string) => boolean
  /** How often each cell is measured. @defaultValue as the cell says */
  rounds: number | undefined
  /** Called with each cell as soon as it is measured. */
  onCell: (name: string, measured: MeasuredCell) => void
  /** Called with each cell that cannot be measured. The others are. */
  onFault: (name: string, error: unknown) => void
}

/** Measures the cells of a benchmark in their order: those that only wait side by side, then the others one by one. */
export async function runBenchmark(benchmark: Benchmark, options: RunOptions): Promise<void> {
  const cells = cellsOf(benchmark, options.size).filter(({ name }) => options.isChosen(name))
  const tryToMeasure = (cell: Cell) => measure(cell, options).catch((error) => options.onFault(cell.name, error))
  await Promise.all(cells.filter(({ waits }) => waits).map(tryToMeasure))
  for (const cell of cells.filter(({ waits }) => !waits)) {
    // Smaller amounts are a look, not evidence.
    if (options.size === 1) await untilIdle()
    await tryToMeasure(cell)
  }
}

/** The load of the machine, over a minute, with which a cell may begin … */
const MOST_LOAD_BEFORE = 2
/** … and how long it is waited for, ms: other work may go on for ever. */
const MOST_WAIT_MS = 90_000

/** Waits until the load that the cell before has left is gone. */
async function untilIdle(): Promise<void> {
  const start = performance.now()
  while ((loadavg()[0] ?? 0) > MOST_LOAD_BEFORE && performance.now() - start < MOST_WAIT_MS) await setTimeout(1000)
}

/** The cells, each amount in proportion to the size and at least one. */
export function cellsOf({ cells }: Benchmark, size: number): readonly Cell[] {
  return cells((usual) => Math.max(1, Math.round(usual * size)))
}

async function measure({ name, rounds: usual = 1, open }: Cell, options: RunOptions): Promise<void> {
  const { rounds: count = usual, size, onCell } = options
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
    size,
    rounds: count,
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
