import type { Clock } from '../../clock.ts'
import { type BudgetStore, createMemoryBudgetStore } from './budget-store.ts'
import { createBudgetTime } from './budget-time.ts'
import { createConcurrency } from './concurrency.ts'
import { createExchange } from './exchange.ts'
import { createHeldPermits } from './held-permits.ts'
import type { Outcome } from './outcome.ts'
import { createPermitQueue } from './permit-queue.ts'
import { WORKSPACE_REQUESTS_PER_MINUTE } from './usage/workspace-usage.ts'
import { createUsageRecorder } from './usage-recorder.ts'

/** What Intercom's rate limit still allows one access token in this 10-second window. */
export interface Budget {
  /**
   * Resolves when one request may be sent. Its permit must be ended, however the request ended.
   *
   * @throws the signal's reason when it aborts
   */
  take(signal: AbortSignal, asked?: AskedPermit): Promise<Permit>
  /** How many requests in flight use up what Intercom allows. */
  concurrency(): number
  /** Until when (ms of the injected clock's `now`) requests have to wait; undefined while none has to. */
  waitingUntil(): number | undefined
  /** Counts requests with those of the workspace's other apps from now on. */
  joinWorkspace(id: string): void
  /** Gives back the permits held, and reports a last time once no request is in flight. No permit is taken afterwards. */
  close(): void
}

/** What a permit is for: this decides when it comes, compared with others that wait. */
export interface AskedPermit {
  /** It goes before all that are not urgent. @defaultValue false */
  isUrgent?: boolean | undefined
  /** Requests of one name share their turns with those of other names. @defaultValue '' */
  turn?: string | undefined
  /** Requests of one kind take about equally long. @defaultValue '' */
  kind?: string | undefined
}

/** The right to send one request. */
export interface Permit {
  /** The request has ended. A second call does nothing. */
  end(outcome: Outcome): void
}

/** How much of Intercom's rate limit we use. */
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
  /** Where requests are counted together with those of others. @defaultValue a memory of its own */
  store?: BudgetStore
  /** Whose requests these are. Every token has its own budget in a store. @defaultValue '' */
  accessToken?: string
  /** Name of this member among those that share the token; never used twice. @defaultValue '' */
  member?: string
  /** Requests of all apps of the workspace. @defaultValue 25,000, as documented */
  workspaceRequestsPerMinute?: number
}

/** Why `take` gets no permit at once; docs/architecture/5-budget.md has the whole machine. */
type State = 'full' | 'asking' | 'waiting' | 'idle'

/** A budget of one attempt, shared with all that have the same token and store. */
export function createBudget(options: BudgetOptions): Budget {
  const { clock, random, store = createMemoryBudgetStore(), member = '' } = options
  let workspaceId: string | undefined
  const closing = new AbortController()
  const time = createBudgetTime(clock)
  const recorder = createUsageRecorder({ clock, time, random, member })
  const perWindow = () => fewest(exchange.perWindow(), options.requestsPerMinute && options.requestsPerMinute / 6)
  const concurrency = createConcurrency({ clock, most: options.maxConcurrency, perWindow })
  const held = createHeldPermits({ clock, leaseMs: store.leaseMs, mostAtOnce: store.permitsAtOnce })
  const whoAsks = () => whoAsksOf(options, member, workspaceId)
  const exchange = createExchange({ clock, store, whoAsks, recorder, held, time, closing: closing.signal })
  const queue = createPermitQueue<Waiting>()
  /** What those in the queue wait for: an exchange, or a time. Undefined while there is nothing to wait for. */
  let waitingFor: { isOver: () => boolean; stop: AbortController } | undefined

  function state(): State {
    if (concurrency.isFull()) return 'full'
    if (exchange.isRunning()) return 'asking'
    return exchange.waitMs() > 0 ? 'waiting' : 'idle'
  }

  /** Gives permits to those who wait, as far as there are any, and sees to it that more will come. */
  function serve(): void {
    while (!queue.isEmpty() && !concurrency.isFull()) {
      const window = held.use()
      if (window === undefined) break
      const waiting = queue.next()
      waiting?.resolve(openPermit(window, waiting.kind))
    }
    if (waitingFor?.isOver()) waitingFor.stop.abort(OVER)
    else if (!waitingFor && !queue.isEmpty()) waitForMore()
  }

  function waitForMore(): void {
    const now = state()
    // The next request that ends will serve them.
    if (now === 'full') return
    const stop = new AbortController()
    const isOver = () => now === 'waiting' && state() !== 'waiting'
    waitingFor = { isOver, stop }
    const wait = now === 'waiting' ? clock.sleep(Math.ceil(exchange.waitMs()), stop.signal) : exchange.ask()
    wait
      .catch((error: unknown) => {
        if (error !== OVER) for (const waiting of queue.drain()) waiting.reject(error)
      })
      .finally(() => {
        waitingFor = undefined
        serve()
      })
  }

  /** @param window the window that the permit was granted for */
  function openPermit(window: number, kind: string): Permit {
    const requestEnded = concurrency.begin(kind)
    let hasEnded = false
    return {
      end(outcome) {
        if (hasEnded) return
        hasEnded = true
        recorder.ended(window, outcome)
        requestEnded(outcome)
        exchange.answerCame()
        if (closing.signal.aborted) closeWhenIdle()
        else exchange.report()
        serve()
      },
    }
  }

  function closeWhenIdle(): void {
    if (concurrency.isIdle()) exchange.close()
  }

  return {
    concurrency: concurrency.wanted,
    take(signal, { isUrgent = false, turn = '', kind = '' } = {}) {
      return new Promise((resolve, reject) => {
        if (signal.aborted) return reject(signal.reason)
        const stop = () => {
          queue.remove(waiting)
          if (queue.isEmpty()) waitingFor?.stop.abort(OVER)
          reject(signal.reason)
        }
        const waiting: Waiting = {
          kind,
          resolve(permit) {
            signal.removeEventListener('abort', stop)
            resolve(permit)
          },
          reject(error) {
            signal.removeEventListener('abort', stop)
            reject(error)
          },
        }
        signal.addEventListener('abort', stop, { once: true })
        queue.add(waiting, isUrgent, turn)
        serve()
      })
    },
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

/** Somebody who waits for a permit. */
interface Waiting {
  kind: string
  resolve(permit: Permit): void
  reject(error: unknown): void
}

/** Why a wait ends before its time: an answer has made room. Without it, each end would make an error with its stack. */
const OVER = new Error('the wait is over')

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
