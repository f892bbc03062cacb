import type { SimulatedIntercom } from '../../simulator/intercom.ts'
import type { Mutation } from '../../simulator/workspace/mutations.ts'
import { type Held, longestLagMs } from './held.ts'
import type { Change, History, JobPlan } from './history.ts'

/** Prepares Intercom for a job: makes the changes before it, and sets up the changes and faults during it. */
export function beginJob(
  { workspace, live, faults }: SimulatedIntercom,
  history: History,
  held: ReadonlyMap<string, Held>,
  plan: JobPlan,
): void {
  const mutationOf = ({ stream, kind, count, lag, beyond }: Change): Mutation => ({
    stream,
    kind,
    count,
    lagMs: Math.floor(lag * longestLagMs(held, history, stream, beyond)),
  })
  for (const change of plan.before) workspace.mutate(mutationOf(change))
  live.follow(plan.during.map(({ after, change }) => ({ after, mutations: [mutationOf(change)] })))
  faults.traps = plan.badPlaces.flatMap(({ stream, place, abovePerPage }) => {
    const records = workspace.collection(stream).latest()
    const id = records[Math.min(records.length - 1, Math.floor(place * records.length))]?.plan.id
    return id === undefined ? [] : { stream, holds: id, abovePerPage, status: 504 }
  })
  faults.next(plan.faults)
}

/** Ends the rest of the job's changes and faults. */
export function endJob({ live, faults }: SimulatedIntercom): void {
  live.follow([])
  faults.clear()
  faults.traps = []
}
