import fc, { type RunDetails } from 'fast-check'
import { type Focus, histories } from './draw.ts'
import type { History } from './history.ts'
import { type HistoryResult, runHistory } from './run-history.ts'

/** The totals over all histories of a run. */
export type Totals = Omit<HistoryResult, 'faults'> & { histories: number }

/** A history that breaks the law. */
export interface Counterexample {
  /** Draws it again, together with the seed. */
  path: string
  history: History
  faults: string[]
}

export interface HistoriesRun {
  seed: number
  totals: Totals
  /** Absent when the law held. */
  counterexample?: Counterexample
}

export interface HistoriesOptions extends Focus {
  count: number
  seed: number
  /** Begins at this history, e.g. at one that failed. */
  path?: string
  /** Faults that do not contain this text are ignored. @defaultValue all count */
  about?: string
  /** Called after every history. */
  done?: (totals: Totals) => void
  /** How long a failing history is made smaller, ms. @defaultValue until it gets no smaller */
  patienceMs?: number
}

/** Draws histories until one breaks the law, and makes that one as small as possible. */
export async function runHistories(options: HistoriesOptions): Promise<HistoriesRun> {
  const { count, seed, path, about = '', done, patienceMs } = options
  const totals: Totals = { histories: 0, jobs: 0, requests: 0, records: 0, changes: 0, forgiven: 0 }
  let failedAt: number | undefined
  const property = fc.asyncProperty(histories(options), async (history) => {
    // When a history has failed, any smaller one is welcome, but the search must end at some point.
    const isLate = failedAt !== undefined && performance.now() - failedAt > (patienceMs ?? Number.POSITIVE_INFINITY)
    if (isLate) return
    const result = await runQuickly(history)
    if (failedAt === undefined) {
      totals.histories++
      for (const name of ['jobs', 'requests', 'records', 'changes', 'forgiven'] as const) totals[name] += result[name]
      done?.(totals)
    }
    const faults = result.faults.filter((fault) => fault.includes(about))
    if (faults.length === 0) return
    failedAt ??= performance.now()
    throw new Error(faults.join('\n'))
  })
  const details = await fc.check(property, { numRuns: count, seed, ...(path !== undefined && { path }) })
  const counterexample = await counterexampleOf(details)
  return { seed: details.seed, totals, ...(counterexample && { counterexample }) }
}

async function counterexampleOf({
  failed,
  counterexample,
  counterexamplePath,
}: RunDetails<[History]>): Promise<Counterexample | undefined> {
  const history = counterexample?.[0]
  if (!failed || history === undefined) return undefined
  const { faults } = await runQuickly(history)
  return { path: counterexamplePath ?? '', history, faults }
}

/** Runs a history without stack traces: every end of a wait makes an error, and nobody reads its stack. */
export async function runQuickly(history: History): Promise<HistoryResult> {
  const { stackTraceLimit } = Error
  Error.stackTraceLimit = 0
  try {
    return await runHistory(history)
  } finally {
    Error.stackTraceLimit = stackTraceLimit
  }
}
