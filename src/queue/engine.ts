import { createHmac, randomBytes } from 'node:crypto'
import type { Clock } from '../clock.ts'
import { type Budget, createBudget } from '../intercom/budget.ts'
import { createClient } from '../intercom/client.ts'
import type { Commit, Position, SyncOutcome } from '../sync/commit.ts'
import { runSync } from '../sync/run-sync.ts'
import type { SyncRequest } from '../sync/sync-request.ts'

/** Starts one attempt of a sync. Its generator rejects with the signal's reason when that aborts. */
export type StartSync = (
  request: SyncRequest,
  options: { position?: Position; signal: AbortSignal },
) => AsyncGenerator<Commit, SyncOutcome, void>

export interface EngineDependencies {
  clock: Clock
  random: () => number
  /** Where Intercom is, if not where it usually is. */
  baseUrl?: string
}

/** The engine that reads Intercom, with one budget per access token for all jobs of this process. */
export function createEngine({ clock, random, baseUrl }: EngineDependencies): StartSync {
  const budgetOf = createBudgets(() => createBudget({ clock, random }))
  return (request, { position, signal }) => {
    const { config } = request
    const budget = budgetOf(config.access_token)
    const client = createClient({ config, ...(baseUrl && { baseUrl }), budget, clock, random, signal })
    return runSync({ ...request, ...(position && { position }), client, clock, random, signal })
  }
}

/** Budgets kept, so that a service whose tokens change for years does not keep them all. */
const maxBudgets = 1000

/** Budgets by keyed digest of the access token: the map holds no token. */
function createBudgets(create: () => Budget): (accessToken: string) => Budget {
  const digestKey = randomBytes(32)
  const budgets = new Map<string, Budget>()
  return (accessToken) => {
    const digest = createHmac('sha256', digestKey).update(accessToken).digest('base64')
    const budget = budgets.get(digest) ?? create()
    budgets.delete(digest)
    budgets.set(digest, budget)
    for (const oldest of budgets.keys()) {
      if (budgets.size <= maxBudgets) break
      budgets.delete(oldest)
    }
    return budget
  }
}
