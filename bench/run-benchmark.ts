import { loadavg } from 'node:os'
import type { Benchmark, Cell, Round } from './benchmark.ts'
import { measureBusyCores, untilIdle } from './machine-use.ts'
import type { MeasuredCell } from './results.ts'
import { runSideBySide, secondsSideBySide } from './side-by-side.ts'

/** Which cells of a benchmark are measured. */
export interface ChosenCells {
  /** Share of the usual amounts; evidence takes 1. */
  size: number
  isChosen: (name: string) => boolean
}

export interface RunOptions extends ChosenCells {
  /** How often each cell is measured. @defaultValue as the cell says */
  rounds: number | undefined
  /** Called with each cell as soon as it is measured. */
  onCell: (name: string, measured: MeasuredCell) => void
  /** Called with each cell that cannot be measured. The others are. */
  onFault: (name: string, error: unknown) => void
}

/** Measures the cells of a benchmark in their order: those that mostly wait side by side, then the others one by one. */
export async function runBenchmark(benchmark: Benchmark, options: RunOptions): Promise<void> {
  const { shared, alone } = partsOf(benchmark, options)
  // Smaller amounts are a look, not evidence.
  const look = async () => (options.size === 1 ? await untilIdle() : undefined)
  const tryToMeasure = (cell: Cell, busyBefore: number | undefined) =>
    measure(cell, busyBefore, options).catch((error) => options.onFault(cell.name, error))
  if (shared.length > 0) {
    const busyBefore = await look()
    await runSideBySide(shared, (cell) => tryToMeasure(cell, busyBefore))
  }
  for (const cell of alone) await tryToMeasure(cell, await look())
}

/** About how long a benchmark takes. */
export function secondsOf(benchmark: Benchmark, options: ChosenCells): number {
  const { shared, alone } = partsOf(benchmark, options)
  return secondsSideBySide(shared) + alone.reduce((sum, { seconds }) => sum + seconds, 0)
}

function partsOf(benchmark: Benchmark, { size, isChosen }: ChosenCells) {
  const cells = cellsOf(benchmark, size).filter(({ name }) => isChosen(name))
  return {
    shared: cells.flatMap(({ load, ...cell }) => (load === undefined ? [] : [{ ...cell, load }])),
    alone: cells.filter(({ load }) => load === undefined),
  }
}

/** The cells, each amount in proportion to the size and at least one. */
export function cellsOf({ cells }: Benchmark, size: number): readonly Cell[] {
  return cells((usual) => Math.max(1, Math.round(usual * size)))
}

/** @param busyBefore cores that other work took before; undefined: nobody has looked */
async function measure(
  { name, rounds: usual = 1, open }: Cell,
  busyBefore: number | undefined,
  options: RunOptions,
): Promise<void> {
  const { rounds: count = usual, size, onCell } = options
  const [loadBefore = Number.NaN] = loadavg()
  const busyMeanwhile = measureBusyCores()
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
    ...(busyBefore !== undefined && { busyBefore }),
    busyMeanwhile: busyMeanwhile(),
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
      const all = rounds.map((round) => round[subject]?.[figure] ?? Number.NaN)
      const values = all.filter((value) => !Number.isNaN(value))
      return values.length === 0 ? [] : [[figure, Number(median(values).toPrecision(6))]]
    })
    return [subject, Object.fromEntries(medians)]
  })
  return Object.fromEntries(subjects)
}

function median(values: readonly number[]): number {
  return values.toSorted((left, right) => left - right)[Math.floor(values.length / 2)] ?? Number.NaN
}
