/** What is counted in a run, and what its evidence calls it. */
export const figureNames = {
  jobs: 'Jobs',
  attempts: 'Attempts',
  workersStopped: 'Workers stopped (SIGTERM)',
  workersKilled: 'Workers killed (SIGKILL)',
  oldToNew: 'Times that the new version went on with a job of the old one',
  newToOld: 'Times that the old version went on with a job of the new one',
  mixedJobs: 'Jobs that both have written',
  liveMoves: "Live readers that went on at the other version's API, which their own had been replaced under",
  repeats: 'Requests repeated at the other version, under their Idempotency-Key or joined',
  acknowledgements: 'Acknowledgements made by one version and read by the other',
  nextJobs: 'Jobs that went on from what was stored or acknowledged',
  states: 'STATEs, each put to both versions and read by the other',
  comparisons: 'Lists, jobs, logs and states that both told alike',
  messages: 'Messages judged',
  requests: 'Requests to Intercom',
  sharedRequests: 'Of them by two jobs under one tight limit',
  refused: 'Of these answered with 429',
  sharedBudgets: 'Rounds in which workers of both versions were seen to write the usage of one token in turn',
} as const
export type FigureName = keyof typeof figureNames

/** Totals of a run. */
export interface Figures {
  count(name: FigureName, more?: number): void
  /** Keeps the highest. */
  raiseMostHandOvers(count: number): void
  totals(): Readonly<Record<FigureName, number>>
  /** Times the version changed within one job, at most. */
  mostHandOvers(): number
}

/** All at 0. */
export function createFigures(): Figures {
  const names = Object.keys(figureNames) as FigureName[]
  const totals = new Map<FigureName, number>()
  let most = 0
  return {
    count: (name, more = 1) => void totals.set(name, (totals.get(name) ?? 0) + more),
    raiseMostHandOvers(count) {
      most = Math.max(most, count)
    },
    totals: () => Object.fromEntries(names.map((name) => [name, totals.get(name) ?? 0])) as Record<FigureName, number>,
    mostHandOvers: () => most,
  }
}
