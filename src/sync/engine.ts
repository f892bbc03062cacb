import { createHmac, randomBytes } from 'node:crypto'
import type { SourceConfig } from '../airbyte/source-config.ts'
import type { Clock } from '../clock.ts'
import { type Budget, type BudgetOptions, createBudget } from '../intercom/budget.ts'
import { createClient } from '../intercom/client.ts'
import type { IntercomObserver } from '../intercom/observer.ts'
import type { Commit, SyncOutcome } from './commit.ts'
import { runSync, type SyncInput } from './run-sync.ts'
import type { CreateSpool } from './spool.ts'
import type { SyncRequest } from './sync-request.ts'
import type { ScrollLease } from './walk.ts'

/** Starts one attempt of a sync. Its generator rejects with the signal's reason when that aborts. */
export type StartSync = (
  request: SyncRequest,
  options: Pick<SyncInput, 'position' | 'replay' | 'fingerprints' | 'signal'>,
) => AsyncGenerator<Commit, SyncOutcome, void>

export interface EngineDependencies {
  clock: Clock
  random: () => number
  /** Where Intercom is, if not where it usually is. */
  baseUrl?: string
  createSpool: CreateSpool
  /** The lease on the scroll of the workspace that a token belongs to. */
  scrollLeaseOf: (accessToken: string) => ScrollLease
  observe?: IntercomObserver
}

/** The engine that reads Intercom, with one budget per access token for all jobs of this process. */
export function createEngine(dependencies: EngineDependencies): StartSync {
  const { clock, random, baseUrl, createSpool, scrollLeaseOf, observe } = dependencies
  const budgetOf = shareBudgets((limits) => createBudget({ ...limits, clock, random }))
  return async function* startSync(request, { signal, ...log }) {
    const { config } = request
    // Whatever is still under way when the attempt ends, a prefetched page for one, ends with it.
    const attempt = new AbortController()
    const stop = () => attempt.abort(signal.reason)
    if (signal.aborted) stop()
    signal.addEventListener('abort', stop, { once: true })
    const running = { clock, signal: attempt.signal }
    const client = createClient({
      config,
      ...(baseUrl && { baseUrl }),
      budget: budgetOf(config),
      random,
      ...(observe && { observe }),
      ...running,
    })
    try {
      const ports = { createSpool, scrollLease: scrollLeaseOf(config.access_token) }
      return yield* runSync({ ...request, ...log, client, ports, ...running })
    } finally {
      signal.removeEventListener('abort', stop)
      attempt.abort()
    }
  }
}

type BudgetLimits = Pick<BudgetOptions, 'reserve' | 'requestsPerMinute' | 'maxConcurrency'>

/** Budgets kept, so that a service whose tokens change for years does not keep them all. */
const maxBudgets = 1000

/**
 * Budgets by keyed digest of the access token, so that the map holds no token. Jobs that ask for other limits get another
 * budget: what Intercom says of its own limit reaches both.
 */
function shareBudgets(create: (limits: BudgetLimits) => Budget): (config: SourceConfig) => Budget {
  const digestKey = randomBytes(32)
  const budgets = new Map<string, Budget>()
  return (config) => {
    const limits = limitsOf(config)
    const digest = createHmac('sha256', digestKey)
      .update(JSON.stringify([config.access_token, limits]))
      .digest('base64')
    const budget = budgets.get(digest) ?? create(limits)
    // Put last again: the first ones are those not used for longest.
    budgets.delete(digest)
    budgets.set(digest, budget)
    for (const oldest of budgets.keys()) {
      if (budgets.size <= maxBudgets) break
      budgets.delete(oldest)
    }
    return budget
  }
}

function limitsOf({ api_rate_reserve, api_rate_limit, num_workers }: SourceConfig): BudgetLimits {
  return {
    ...(api_rate_reserve !== undefined && { reserve: api_rate_reserve / 100 }),
    ...(api_rate_limit !== undefined && { requestsPerMinute: api_rate_limit }),
    ...(num_workers !== undefined && { maxConcurrency: num_workers }),
  }
}
