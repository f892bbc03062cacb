import type { Simulator } from '../app.ts'
import type { Mutation } from '../workspace/mutations.ts'
import type { Workspace } from '../workspace/workspace.ts'
import type { Increment } from './scenario.ts'
import { setStubborn } from './stubborn.ts'

/** Makes changes now, one after the other. `Workspace.changes` shows what they were. */
export function applyMutations(workspace: Workspace, mutations: readonly Mutation[]): void {
  for (const mutation of mutations) workspace.mutate(mutation)
}

/**
 * Prepares the simulator for the sync of an increment: makes the changes before it, and sets up the changes and faults
 * during it. The caller does the wait before, because it owns the clock.
 */
export function beginIncrement(simulator: Simulator, increment: Increment): void {
  const { workspace, live, faults, moveTo } = simulator
  if (increment.timezone !== undefined) moveTo(increment.timezone)
  applyMutations(workspace, increment.before)
  live.follow(increment.during)
  for (const stubborn of increment.stubborn) setStubborn(simulator, stubborn)
  faults.next(increment.faults)
}

/** Ends the rest of the increment's script, and makes the changes that come after the sync. */
export function endIncrement({ workspace, live, faults }: Simulator, increment: Increment): void {
  live.follow([])
  faults.clear()
  faults.traps = faults.firstTraps
  applyMutations(workspace, increment.after)
}
