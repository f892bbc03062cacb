import { FaultScript } from './faults/fault-script.ts'
import { type SimulatorOptions, withDefaults } from './options.ts'
import { Calendar } from './search/calendar-day.ts'
import { RateLimit } from './serving/rate-limit.ts'
import { RequestLog } from './serving/request-log.ts'
import type { ServeDependencies } from './serving/serve.ts'
import { Consents } from './sign-in/consents.ts'
import { LiveChanges } from './workspace/live-changes.ts'
import type { MutationPlan } from './workspace/mutations.ts'
import { Workspace } from './workspace/workspace.ts'

/** An Intercom that behaves like Intercom, without a socket. */
export interface SimulatedIntercom {
  workspace: Workspace
  faults: FaultScript
  requests: RequestLog
  /** Scripted changes, made as requests are answered. */
  live: LiveChanges
  /** Whom people have let in. */
  consents: Consents
  /** Everything that answers are made from. */
  dependencies: ServeDependencies
  /** Moves the workspace to another time zone, as its owner can at any time. @throws RangeError when it is unknown */
  moveTo(timezone: string): void
  /** From now on the token belongs to another workspace, with the same data. @param id as `/me` writes it */
  exchangeWorkspace(id: string): void
}

/** @throws RangeError when the time zone is unknown */
export function createIntercom(given: SimulatorOptions = {}): SimulatedIntercom {
  const options = withDefaults(given)
  const workspace = new Workspace(options)
  const faults = new FaultScript(options.traps)
  const live = new LiveChanges(workspace, options.script)
  const workspaceDays = new Calendar(options.timezone)
  const requests = new RequestLog()
  const consents = new Consents(options)
  const dependencies = {
    options,
    workspace,
    faults,
    requests,
    workspaceDays,
    live,
    consents,
    limit: new RateLimit(options.rateLimitPerWindow),
    searched: planRunner(options.mutationPlan, workspace),
  }
  return {
    workspace,
    faults,
    requests,
    live,
    consents,
    dependencies,
    moveTo: (timezone) => workspaceDays.moveTo(timezone),
    exchangeWorkspace(id) {
      workspace.id = id
    },
  }
}

/** Counts searches and makes the plan's changes when they are due. */
function planRunner(plan: MutationPlan | null, workspace: Workspace): () => void {
  let searches = 0
  return () => {
    searches++
    if (plan === null || searches % plan.every !== 0 || searches > (plan.until ?? searches)) return
    for (const mutation of plan.mutations) workspace.mutate(mutation)
  }
}
