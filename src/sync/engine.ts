import { randomBytes } from 'node:crypto'
import type { SourceConfig } from '../airbyte/source-config.ts'
import type { Clock } from '../clock.ts'
import { type Budget, type BudgetOptions, createBudget } from '../intercom/budget/budget.ts'
import { type BudgetStore, createMemoryBudgetStore } from '../intercom/budget/budget-store.ts'
import { createClient } from '../intercom/client.ts'
import { type IntercomObserver, notifyBoth } from '../intercom/observer.ts'
import type { Proxies } from '../network/proxies.ts'
import { createMemoryShares } from './concurrency/memory-shares.ts'
import type { Commit, SyncOutcome } from './contract/commit.ts'
import type { CreateSpool } from './contract/spool.ts'
import type { SyncRequest } from './contract/sync-request.ts'
import type { ScrollLease } from './contract/walk.ts'
import type { SyncWatch, Wait } from './contract/watch.ts'
import { runSync, type SyncInput } from './run-sync.ts'
import { createScrollWait } from './scroll-wait.ts'

/** Starts one attempt of a sync. When the signal aborts, the generator rejects with its reason. */
export type StartSync = (
  request: SyncRequest,
  options: Pick<SyncInput, 'position' | 'growth' | 'replay' | 'fingerprints' | 'signal' | 'onWorkspace'> & {
    watch?: SyncWatch
  },
) => AsyncGenerator<Commit, SyncOutcome, void>

interface EngineDependencies {
  clock: Clock
  random: () => number
  /** Intercom's address, if not the usual one. */
  baseUrl?: string
  /** @defaultValue none */
  proxies?: Proxies
  createSpool: CreateSpool
  /** The lease on the scroll of the workspace that a token belongs to. */
  scrollLeaseOf: (accessToken: string) => ScrollLease
  observe?: IntercomObserver
  /** Where budgets are counted. @defaultValue this process's memory */
  budgetStore?: BudgetStore
  /** What the log of a job may hold, bytes after compression. @defaultValue there is no limit */
  logLimitBytes?: number
}

/** Bytes of answers that all attempts of an engine may hold. */
const ANSWER_BYTES = 32 * 1024 * 1024

/** The engine that reads Intercom; all jobs with one access token and budget store share one budget. */
export function createEngine(dependencies: EngineDependencies): StartSync {
  const { clock, random, baseUrl, proxies, createSpool, scrollLeaseOf, observe } = dependencies
  const { budgetStore: store = createMemoryBudgetStore(), logLimitBytes } = dependencies
  const memory = createMemoryShares(ANSWER_BYTES, clock)
  return async function* startSync(request, { signal, watch, ...log }) {
    const { config } = request
    // When the attempt ends, everything still under way ends with it, for example the prefetch of a page.
    const attempt = new AbortController()
    const stop = () => attempt.abort(signal.reason)
    if (signal.aborted) stop()
    signal.addEventListener('abort', stop, { once: true })
    const budget = createBudget({
      ...limitsOf(config),
      clock,
      random,
      store,
      accessToken: config.access_token,
      member: randomBytes(6).toString('base64url'),
      mostBytes: () => share.bytes(),
    })
    const running = { clock, signal: attempt.signal }
    const observer = watch && observe ? notifyBoth(observe, watch) : (watch ?? observe)
    const client = createClient({
      config,
      ...(baseUrl && { baseUrl }),
      ...(proxies && { proxies }),
      budget,
      random,
      ...(observer && { observe: observer }),
      ...running,
    })
    const scrollWait = createScrollWait()
    let canGoOnElsewhere = () => false
    const onOpened = (ask: () => boolean) => {
      canGoOnElsewhere = ask
    }
    watch?.holding(() => ({ isIdle: budget.isIdle(), canGoOnElsewhere: canGoOnElsewhere() }))
    watch?.begun(() => waitFor(budget) ?? scrollWait.present(), budget.rateLimit)
    const share = memory.open(() => budget.isIdle() && budget.waitingUntil() !== undefined)
    try {
      const scrollLease = scrollWait.watched(scrollLeaseOf(config.access_token))
      const ports = { createSpool, scrollLease, onForeignScroll: scrollWait.foreign, mostBytes: share.bytes }
      const bounds = logLimitBytes === undefined ? {} : { logLimitBytes }
      return yield* runSync({ ...request, ...log, ...bounds, client, ports, onOpened, ...running })
    } finally {
      signal.removeEventListener('abort', stop)
      attempt.abort()
      budget.close()
      share.close()
    }
  }
}

function waitFor(budget: Budget): Wait | undefined {
  const until = budget.waitingUntil()
  return until === undefined ? undefined : { waitingFor: 'rate_limit', until }
}

/** The default of the Airbyte source that this one replaces. */
const FILLED_IN_WORKERS = 10

type BudgetLimits = Pick<BudgetOptions, 'reserve' | 'requestsPerMinute' | 'maxConcurrency'>

function limitsOf({ api_rate_reserve, api_rate_limit, num_workers }: SourceConfig): BudgetLimits {
  return {
    ...(api_rate_reserve !== undefined && { reserve: api_rate_reserve / 100 }),
    ...(api_rate_limit !== undefined && { requestsPerMinute: api_rate_limit }),
    // Airbyte's form fills in ten by itself, so that ten is nobody's wish.
    ...(num_workers !== undefined && num_workers !== FILLED_IN_WORKERS && { maxConcurrency: num_workers }),
  }
}
