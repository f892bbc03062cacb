import fc from 'fast-check'
import type { Teardown } from '../support/processes.ts'
import { openStage, runSchedule, type ScheduleResult } from './run-schedule.ts'
import { type Schedule, schedules } from './schedule.ts'

/** What was done by all schedules of a run. */
export type Totals = Omit<ScheduleResult, 'faults'> & { schedules: number }

/** A schedule that breaks the law. */
export interface Counterexample {
  /** Draws it again, together with the seed. */
  path: string
  schedule: Schedule
  faults: string[]
}

export interface SchedulesRun {
  seed: number
  totals: Totals
  /** Absent when the law held. */
  counterexample?: Counterexample
}

export interface SchedulesOptions {
  count: number
  seed: number
  /** Begins at this schedule, e.g. at one that failed. */
  path?: string
  /** Told of every schedule. */
  done?: (totals: Totals) => void
  /** Longest that a failing schedule is made smaller, ms. */
  patienceMs: number
}

/** Then a service begins anew. */
const SCHEDULES_ON_A_STAGE = 25

/** Draws schedules until one breaks the law, and makes that one as small as can be. */
export async function runSchedules(
  t: Teardown,
  { count, seed, path, done, patienceMs }: SchedulesOptions,
): Promise<SchedulesRun> {
  const totals: Totals = {
    schedules: 0,
    steps: 0,
    restores: 0,
    restarts: 0,
    replaced: 0,
    deaths: 0,
    networkFaults: 0,
    fills: 0,
    damages: 0,
    messages: 0,
  }
  let failedAt: number | undefined
  let smallest: Omit<Counterexample, 'path'> | undefined
  let stage = await openStage(t)
  let played = 0
  const property = fc.asyncProperty(schedules(), async (schedule) => {
    // Of a schedule that fails already anything smaller will do, but not for ever.
    if (failedAt !== undefined && performance.now() - failedAt > patienceMs) return
    // Redis keeps all jobs, and is written down after every step.
    if (++played % SCHEDULES_ON_A_STAGE === 0) {
      await stage.close()
      stage = await openStage(t)
    }
    const { faults, ...figures } = await runSchedule(stage, schedule).catch((error: Error) => {
      smallest = { schedule, faults: [String(error.stack)] }
      throw error
    })
    if (failedAt === undefined) {
      totals.schedules++
      for (const name of Object.keys(figures) as (keyof typeof figures)[]) totals[name] += figures[name]
      done?.(totals)
    }
    if (faults.length === 0) return
    failedAt ??= performance.now()
    smallest = { schedule, faults }
    throw new Error(faults.join('\n'))
  })
  const details = await fc.check(property, { numRuns: count, seed, ...(path !== undefined && { path }) })
  // Processes are never twice as fast: the faults are those of the run that failed, not of another one.
  const counterexample = smallest && { path: details.counterexamplePath ?? '', ...smallest }
  return { seed: details.seed, totals, ...(counterexample && { counterexample }) }
}
