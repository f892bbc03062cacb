import type { Clock } from '../../clock.ts'
import { type BudgetStore, createMemoryBudgetStore } from './budget-store.ts'
import { createBudgetTime } from './budget-time.ts'
import { createConcurrency } from './concurrency.ts'
import { type AskedPermit, createGrants, type Permit } from './grants.ts'
import { createHeldPermits } from './held-permits.ts'
import { createLatestLimit, type RateLimit } from './latest-limit.ts'
import { WORKSPACE_REQUESTS_PER_MINUTE } from './usage/workspace-usage.ts'
import { createUsageExchange } from './usage-exchange.ts'
import { createUsageRecorder } from './usage-recorder.ts'

export type { Permit } from './grants.ts'

/** What Intercom's rate limit still allows one access token in this 10-second window. */
export interface Budget {
  /**
   * Resolves when one request may be sent. Its permit must be ended, however the request ended.
   *
   * @throws the signal's reason when it aborts
   */
  take(signal: AbortSignal, asked?: AskedPermit): Promise<Permit>
  /** How many lists that are read page after page use up what Intercom allows. */
  lanes(): number
  /** How many answers of the usual size have room in the attempt's memory. */
  withinMemory(): number
  /** Until when (ms of the injected clock's `now`) requests have to wait; undefined while none has to. */
  waitingUntil(): number | undefined
  /** What Intercom last said about its rate limit; undefined before it has said anything. */
  rateLimit(): RateLimit | undefined
  /** Whether no request is in flight. */
  isIdle(): boolean
  /** Counts requests with those of the workspace's other apps from now on. */
  joinWorkspace(id: string): void
  /** Gives back the permits held, and reports a last time once no request is in flight. No permit is taken afterwards. */
  close(): void
}

export interface BudgetOptions {
  clock: Clock
  /** Spreads waiters over the start of a window. */
  random: () => number
  /** Share of the window left to others while others are seen spending. @defaultValue 0.05 */
  reserve?: number
  /**
   * Our own ceiling, besides Intercom's limit: a sixth of it, at least 1, in each window of 10 s. @defaultValue none
   */
  requestsPerMinute?: number
  /** Requests in flight at most. @defaultValue as many as the limit and the latency need, up to 512 */
  maxConcurrency?: number | undefined
  /** Bytes of answers that the attempt may hold. @defaultValue 32 MiB */
  mostBytes?: () => number
  /** Where requests are counted together with those of others. @defaultValue a memory of its own */
  store?: BudgetStore
  /** Whose requests these are. Every token has its own budget in a store. @defaultValue '' */
  accessToken?: string
  /** Name of this member among those that share the token; never used twice. @defaultValue '' */
  member?: string
  /** Requests of all apps of the workspace. @defaultValue 25,000, as documented */
  workspaceRequestsPerMinute?: number
}

/** A budget of one attempt, shared with all that have the same token and store. */
export function createBudget(options: BudgetOptions): Budget {
  const { clock, random, store = createMemoryBudgetStore(), member = '' } = options
  let workspaceId: string | undefined
  const closing = new AbortController()
  const time = createBudgetTime(clock)
  const latestLimit = createLatestLimit(clock)
  const recorder = createUsageRecorder({ clock, time, random, member })
  const perWindow = () => fewest(exchange.perWindow(), options.requestsPerMinute && options.requestsPerMinute / 6)
  const concurrency = createConcurrency({
    clock,
    most: options.maxConcurrency,
    perWindow,
    mostBytes: options.mostBytes,
  })
  const held = createHeldPermits({ clock, permitLifeMs: store.permitLifeMs, mostAtOnce: store.permitsAtOnce })
  const whoAsks = () => whoAsksOf(options, member, workspaceId)
  const exchange = createUsageExchange({ clock, store, whoAsks, recorder, held, time, closing: closing.signal })
  const grants = createGrants({ clock, concurrency, held, exchange, openPermit })

  /** @param window the window that the permit was granted for */
  function openPermit(window: number, kind: string): Permit {
    const requestEnded = concurrency.begin(kind)
    let hasEnded = false
    return {
      end(outcome) {
        if (hasEnded) return
        hasEnded = true
        recorder.ended(window, outcome)
        latestLimit.learn(outcome)
        requestEnded(outcome)
        exchange.answerCame()
        if (closing.signal.aborted) closeWhenIdle()
        else exchange.report()
        grants.serve()
      },
    }
  }

  function closeWhenIdle(): void {
    if (concurrency.isIdle()) exchange.close()
  }

  return {
    lanes: concurrency.lanes,
    withinMemory: concurrency.withinMemory,
    take: grants.take,
    isIdle: concurrency.isIdle,
    rateLimit: latestLimit.present,
    waitingUntil() {
      const opensInMs = held.isEmpty() ? exchange.opensInMs() : undefined
      return opensInMs === undefined ? undefined : clock.now() + opensInMs
    },
    joinWorkspace(id) {
      workspaceId = id
    },
    close() {
      closing.abort()
      closeWhenIdle()
    },
  }
}

function fewest(one: number | undefined, other: number | undefined): number | undefined {
  return one !== undefined && other !== undefined ? Math.min(one, other) : (one ?? other)
}

function whoAsksOf(options: BudgetOptions, member: string, workspaceId: string | undefined) {
  const { accessToken = '', reserve = 0.05, requestsPerMinute: ceiling } = options
  return {
    subjects: { accessToken, workspaceId },
    requester: {
      member,
      reserve,
      ceiling,
      inWorkspace: workspaceId !== undefined,
      workspaceCeiling: options.workspaceRequestsPerMinute ?? WORKSPACE_REQUESTS_PER_MINUTE,
    },
  }
}
